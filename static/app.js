// What pages do more comfortably with JavaScript; each works without.
(function () {
  "use strict";

  // The menu is a closed <details> on narrow screens and open beside the page on wide ones.
  var menu = document.querySelector(".side details");
  var wide = window.matchMedia("(min-width: 901px)");
  function fit() { if (menu) { menu.open = wide.matches; } }
  if (wide.addEventListener) { wide.addEventListener("change", fit); }
  fit();

  // The first thing to read after a refused form is what to mend.
  var summary = document.querySelector("[data-problems]");
  if (summary) { summary.focus(); }

  // Large type is turned on and off where one is, so that nothing typed is lost.
  var large = document.querySelector("form[action='/large-type']");
  if (large && window.fetch) {
    large.addEventListener("submit", function (event) {
      event.preventDefault();
      event.stopImmediatePropagation();
      fetch("/large-type", { method: "POST", credentials: "same-origin", redirect: "manual" }).then(function () {
        var on = document.documentElement.classList.toggle("large");
        large.querySelector("button").textContent = on ? "标准字" : "大字版";
      }, function () { large.submit(); });
    }, true);
  }

  // A form that was sent is not sent again by a second click.
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.method !== "post" || form.dataset.download !== undefined) { return; }
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    window.setTimeout(function () { delete form.dataset.sent; }, 8000);
  });

  // Back again from the browser's memory: it may be sent anew.
  window.addEventListener("pageshow", function (event) {
    if (!event.persisted) { return; }
    [].forEach.call(document.querySelectorAll("form[data-sent]"), function (form) { delete form.dataset.sent; });
  });

  document.addEventListener("click", function (event) {
    if (event.target.closest && event.target.closest("[data-print]")) { window.print(); }
  });
}());
