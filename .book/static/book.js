/* What scrolls sideways must be reachable from the keyboard; what does not should be no stop on the way. */
function reach() {
  for (const box of document.querySelectorAll("pre, .table-wrapper, mjx-container")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}

/* Furo leaves its two side bars without a name. */
for (const [bar, name] of [[".sidebar-drawer", "The book"], [".toc-drawer", "This page"]])
  document.querySelector(bar)?.setAttribute("aria-label", name);

window.addEventListener("load", () => (window.MathJax?.startup?.promise ?? Promise.resolve()).then(reach));
window.addEventListener("resize", reach);
document.addEventListener("toggle", reach, true);
