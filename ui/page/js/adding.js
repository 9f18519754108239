// Adding papers in the window, and taking them out, where that is allowed.

const MOST_BYTES = FACTS.uploadBytes; // of one file
