/* The library: which papers are in it, looked through, sorted and narrowed down. */
