"""Where a paper can be read: the addresses that its record gives. Pure functions."""

from urllib.parse import quote

from rag.core.domain import Paper
from rag.core.escaping import safe_url


def paper_link(paper: Paper) -> str | None:
    """Where to read the paper, else the first link of its abstract."""
    return paper_address(paper) or next(filter(None, map(safe_url, paper.links)), None)


def paper_address(paper: Paper) -> str | None:
    """Where the paper itself can be read: its URL, else by DOI, arXiv id or PMID."""
    by_id = (doi_address(paper), arxiv_address(paper), pubmed_address(paper))
    return next(filter(None, map(safe_url, (paper.url, *by_id))), None)


def doi_address(paper: Paper) -> str | None:
    """Where its DOI leads."""
    return f"https://doi.org/{quote(paper.doi, safe='/')}" if paper.doi else None


def arxiv_address(paper: Paper) -> str | None:
    """Its page at arXiv."""
    return f"https://arxiv.org/abs/{quote(paper.arxiv_id, safe='/')}" if paper.arxiv_id else None


def pubmed_address(paper: Paper) -> str | None:
    """Its page at PubMed."""
    return f"https://pubmed.ncbi.nlm.nih.gov/{quote(paper.pmid, safe='')}/" if paper.pmid else None
