"""The prompt files, one `.md` each; `rag.prompting` reads them and checks their slots."""
