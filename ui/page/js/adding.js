// Adding papers in the window, and taking them out, where that is allowed.

if (FACTS.edits) document.getElementById("cw").dataset.edits = "";
const MOST_BYTES = FACTS.uploadBytes; // of one file
