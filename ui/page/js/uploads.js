/* Files on their way to the server: chosen or dropped, sent one after the other with how far each is, and why one was not taken. */

const uploadAddress = () =>
  `${OURS ? location.pathname.replace(/\/$/, "") : (window.gradio_config?.root ?? "").replace(/\/$/, "")}/citewise/upload`;

const upload = (file, row) =>
  new Promise((done) => {
    const request = new XMLHttpRequest();
    const end = (why) => {
      row.why = why;
      row.request = null;
      drawFiles();
      done();
    };
    request.open("PUT", uploadAddress());
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.setRequestHeader("X-Citewise-Visitor", visitor());
    request.setRequestHeader("X-Citewise-Name", encodeURIComponent(file.name));
    request.upload.onprogress = ({ loaded }) => {
      row.sent = loaded;
      drawFiles();
    };
    request.onload = () => {
      const answer = parse(request.responseText);
      if (request.status === 200 && answer?.file) Object.assign(row, { id: answer.file, sent: row.size });
      const refused = typeof answer?.error === "string" ? answer.error : `The server refused it (${request.status}).`;
      end(row.id ? "" : `${refused.charAt(0).toUpperCase()}${refused.slice(1)}`);
    };
    request.onerror = () => end("It did not reach the server, which keeps nothing of it. Try again.");
    request.onabort = () => end("Left out.");
    row.request = request;
    request.send(file);
  });

/** Take files in, one after the other; then the server looks at them. */
const takeFiles = async (files) => {
  if (!FACTS.edits || !files.length) return;
  openAdding();
  if (BUSY.includes(addingNow.step)) return void toast("Wait until the papers that are being added are in, or stop that first.");
  showChoose();
  const rows = [...files].slice(0, MOST_DROPPED).map((file) => ({ name: file.name, size: file.size, sent: 0, id: "", why: "", file }));
  if (files.length > MOST_DROPPED) toast(`At most ${MOST_DROPPED} files are taken at once. Put more into a zip archive.`);
  for (const row of rows) {
    if (row.size > MOST_BYTES) row.why = `It has ${megabytes(row.size)}; at most ${megabytes(MOST_BYTES)} are taken here. Ingest it on the computer that has the library: citewise ingest FILE`;
  }
  sentFiles.push(...rows);
  drawFiles();
  for (const row of rows) {
    if (!row.why) await upload(row.file, row);
    row.file = null;
  }
  const waiting = sentFiles.some((row) => row.request || row.file);
  if (!waiting && sentFiles.some((row) => row.id) && !byId("cw-adding-text").value.trim()) void lookAtFiles();
};

/** The files of the form; once they are looked at, those alone that did not reach the server, with the reason. */
const drawFiles = () => {
  const { step } = addingNow;
  const shown = sentFiles.filter((row) => step === "none" || (row.why && ["looked", "added"].includes(step)));
  byId("cw-adding-files").hidden = !shown.length;
  byId("cw-adding-files").replaceChildren(
    ...shown.map((row) => {
      const item = element("li");
      const name = element("span", "cw-adding-file", row.name);
      name.dir = "auto";
      item.append(name);
      if (row.why) item.append(element("span", "cw-bad", row.why));
      else if (row.id) item.append(element("span", "cw-note", megabytes(row.size)));
      else {
        const bar = element("progress");
        bar.max = row.size || 1;
        bar.value = row.sent;
        bar.setAttribute("aria-label", `Upload of ${row.name}`);
        item.append(bar, element("span", "cw-note", `${megabytes(row.sent)} of ${megabytes(row.size)}`));
      }
      const drop = element("button", "cw-close", "✕");
      drop.type = "button";
      drop.dataset.do = "adding-unsend";
      drop.dataset.n = sentFiles.indexOf(row);
      drop.setAttribute("aria-label", `Leave out ${row.name}`);
      item.append(drop);
      return item;
    }),
  );
  drawAddingButtons();
};

/** The files of a drop, those in folders too. */
const droppedFiles = async (transfer) => {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.some((entry) => entry.isDirectory)) return [...transfer.files];
  const found = [];
  const walk = async (entry) => {
    if (found.length > MOST_DROPPED || entry.name.startsWith(".")) return;
    if (entry.isFile) found.push(await new Promise((done, fail) => entry.file(done, fail)));
    else {
      const reader = entry.createReader();
      for (;;) {
        const some = await new Promise((done, fail) => reader.readEntries(done, fail));
        if (!some.length) break;
        for (const one of some) await walk(one);
      }
    }
  };
  for (const entry of entries) await walk(entry).catch(() => toast(`${entry.name} cannot be read.`));
  return found;
};
