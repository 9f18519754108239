/* The keyboard: Esc closes what is open, or stops; / leads to the box; ? tells the keys. */

const typing = (target) => target.closest?.("textarea, select, [contenteditable], input:not([type=checkbox], [type=radio])");

/** Single keys are for who is on the page and not in a field; in another's page they are left to it. */
const single = (event) =>
  store.settings().keys &&
  !(event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.defaultPrevented) &&
  !typing(event.target) &&
  !document.querySelector("dialog[open]") &&
  (OURS || byId("cw").contains(event.target));

const openKeys = () => {
  const dialog = byId("cw-keys");
  const box = dialog.querySelector("[name=keys]");
  box.checked = store.settings().keys;
  box.onchange = () => store.keepSettings({ keys: box.checked });
  side(false);
  dialog.showModal();
};

const escape = () => {
  const menu = document.querySelector("#cw .cw-menu[open]");
  const here = document.activeElement;
  if (byId("cw-side").classList.contains("cw-shown")) {
    side(false);
    byId("cw-menu").focus();
  } else if (!byId("cw-tip").hidden) hideTip();
  else if (menu) {
    menu.open = false;
    menu.firstElementChild.focus();
  } else if (here?.back?.isConnected) here.back.focus();
  else if (viewNow() !== "ask") VIEWS[viewNow()].escape?.();
  else if (running) stop();
};

document.addEventListener("keydown", (event) => {
  if (!byId("cw")) return;
  if (event.key === "Escape" && !document.querySelector("dialog[open]")) escape();
  else if (event.key === "?" && single(event)) openKeys();
  else if (event.key === "/" && single(event)) {
    side(false);
    (VIEWS[viewNow()].field?.() ?? byId("cw-box")).focus();
  } else return;
  if (event.key !== "Escape") event.preventDefault();
});
