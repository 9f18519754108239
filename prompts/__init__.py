"""The prompt files, one `.md` each; `rag.core.prompting` reads them and checks their slots."""
