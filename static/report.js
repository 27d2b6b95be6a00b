// The form of a monthly report, more comfortably: keys, pasting, saving while one types.
// Without it the form is sent as any other.
(function () {
  "use strict";
  var form = document.getElementById("report");
  if (!form || !window.fetch) { return; }
  var state = form.querySelector("[data-state]");
  var fields = [].slice.call(form.querySelectorAll("input[id][name], textarea[id][name]"));
  var held = {};
  var offering = false;
  var last = state.textContent;
  var cells = fields.filter(function (field) { return /^v\d+$/.test(field.name); });
  var waiting = {};
  var timer = null;
  var busy = false;
  var locked = false;
  var leaves = false;
  var leaver = null;

  function say(words, bad) {
    state.textContent = words;
    state.classList.toggle("bad", Boolean(bad));
  }

  // What stands in the database, as far as this page knows, goes along as was-….
  function was(field) { return form.elements["was-" + field.name]; }
  function changed(field) { return field.value !== was(field).value; }

  function note() {
    if (offering || locked) { return; }
    fields.forEach(function (field) { if (changed(field) && !held[field.name]) { waiting[field.name] = true; } });
    if (busy) { return; }
    if (fields.some(changed)) { say(Object.keys(held).length ? "有格子别人也改过，还没有保存" : "正在填写，还没有保存", Object.keys(held).length > 0); } else { say(last); }
  }

  function later(soon) {
    note();
    window.clearTimeout(timer);
    timer = window.setTimeout(save, soon ? 50 : 2500);
  }

  function byName(name) { return fields.filter(function (field) { return field.name === name; })[0]; }

  function save() {
    if (offering || locked) { return; }
    var names = Object.keys(waiting).filter(function (name) { var field = byName(name); return field && changed(field) && !held[name]; });
    waiting = {};
    if (!names.length) { return; }
    if (busy) { names.forEach(function (name) { waiting[name] = true; }); return; }
    busy = true;
    say("正在保存");
    var body = new URLSearchParams();
    var sent = {};
    names.forEach(function (name) {
      var field = byName(name);
      sent[name] = field.value;
      body.append(name, field.value);
      body.append("was-" + name, was(field).value);
    });
    fetch(form.dataset.cells, { method: "POST", body: body, credentials: "same-origin", redirect: "manual" })
      .then(function (answer) {
        if (answer.status === 401 || answer.type === "opaqueredirect") { throw { words: "未保存：登录已过期，内容还在本页。点「保存」登录后接着存" }; }
        if (answer.status === 409) { locked = true; throw { words: "未保存：这份月报已经提交或锁定，不能再改。您填的还在本页" }; }
        if (!answer.ok) { throw { words: "未保存：服务器没有收下，内容还在本页", again: true }; }
        return answer.json();
      })
      .then(function (answer) { busy = false; settle(answer, sent); leave(); })
      .catch(function (why) {
        busy = false;
        if (leaves) { leave(); return; }
        names.forEach(function (name) { waiting[name] = true; });
        say(why && why.words ? why.words : "未保存：网络断开，内容还在本页", true);
        if (!why || !why.words || why.again) { timer = window.setTimeout(save, 5000); }
      });
  }

  function settle(answer, sent) {
    Object.keys(sent).forEach(function (name) {
      var field = byName(name);
      if (Object.prototype.hasOwnProperty.call(answer.theirs, name)) {
        was(field).value = answer.theirs[name];
        held[name] = "别人存了：" + (answer.theirs[name] || "（空）") + "。要以您填的为准，请点「保存」；要用别人的，请改成一样";
        return;
      }
      if (answer.refused.indexOf(name) >= 0) {
        held[name] = "这一格现在由别人填或自动统计，没有保存";
        return;
      }
      var stands = answer.stands[name];
      if (stands !== undefined && field.tagName !== "TEXTAREA" && field.value === sent[name] && document.activeElement !== field) { field.value = stands; }
      was(field).value = field.value === stands ? stands : sent[name];
    });
    fields.forEach(function (field) {
      var words = held[field.name] || answer.problems[field.name] || "";
      mark(field, words, Boolean(words));
    });
    Object.keys(answer.derived).forEach(function (name) {
      var place = document.getElementById(name);
      if (place) { place.textContent = answer.derived[name] || "—"; }
    });
    form.querySelector("[data-filled]").textContent = answer.filled;
    form.querySelector("[data-asked]").textContent = answer.asked;
    last = "已保存 " + answer.saved;
    note();
    if (Object.keys(waiting).length) { later(false); }
  }

  function mark(field, words, bad) {
    var why = document.getElementById(field.name + "-why");
    if (!why) { return; }
    why.textContent = words;
    if (field.parentNode.classList.contains("cell")) { field.parentNode.classList.toggle("wrong", bad); }
    if (bad) { field.setAttribute("aria-invalid", "true"); } else { field.removeAttribute("aria-invalid"); }
  }

  // Live: the form's own sums and how many are filled, before anything is saved.
  function count() {
    var fixed = form.querySelectorAll("output.fixed");
    var full = cells.filter(function (field) { return field.value.trim() !== ""; }).length;
    var known = [].filter.call(fixed, function (place) { return place.textContent.trim() !== "—" && place.nextElementSibling && place.nextElementSibling.textContent !== "自动计算"; }).length;
    form.querySelector("[data-filled]").textContent = full + known;
    cells.forEach(function (field) {
      var row = field.closest("tr");
      var rooms = row.querySelector("[data-rooms]");
      if (!rooms) { return; }
      var own = Number(field.value.replace(/[,，\s]/g, "")) || 0;
      var of = Number(rooms.textContent.replace(/,/g, ""));
      if (rooms.textContent.trim() !== "" && !isNaN(of)) {
        row.querySelector("[data-together]").textContent = String(Math.round((own + of) * 100) / 100).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
      }
    });
  }

  form.addEventListener("input", function (event) { if (event.target.name) { delete held[event.target.name]; } count(); later(false); });
  form.addEventListener("focusin", function (event) { event.target.dataset.start = event.target.value || ""; });
  form.addEventListener("focusout", function (event) { if (fields.indexOf(event.target) >= 0) { later(true); } });
  document.addEventListener("visibilitychange", function () { if (document.visibilityState === "hidden" && !form.dataset.leaving) { note(); save(); } });
  window.addEventListener("beforeunload", function (event) {
    if (form.dataset.leaving || !fields.some(changed)) { return; }
    event.preventDefault();
    event.returnValue = "";
  });
  // Cells that are on their way are one's own: the form goes after them, or it would meet
  // them as somebody else's.
  form.addEventListener("submit", function (event) {
    window.clearTimeout(timer);
    if (busy && form.requestSubmit && !form.dataset.leaving) {
      event.preventDefault();
      event.stopImmediatePropagation();
      leaver = event.submitter || null;
      leaves = true;
      window.setTimeout(leave, 5000);
      return;
    }
    form.dataset.leaving = "1";
  });
  function leave() {
    if (!leaves) { return; }
    leaves = false;
    form.dataset.leaving = "1";
    if (leaver) { form.requestSubmit(leaver); } else { form.requestSubmit(); }
  }

  // Enter and arrows go from cell to cell; Escape puts back what stood there.
  form.addEventListener("keydown", function (event) {
    var at = cells.indexOf(event.target);
    if (at < 0) { return; }
    var to = null;
    if (event.key === "Enter" && !event.ctrlKey && !event.isComposing || event.key === "ArrowDown") { to = cells[at + 1]; event.preventDefault(); }
    if (event.key === "ArrowUp") { to = cells[at - 1]; event.preventDefault(); }
    if (event.key === "Escape") { event.target.value = event.target.dataset.start; count(); later(true); }
    if (to) { to.focus(); to.select(); }
  });

  // A column from a table goes into the cells below, after a look at it.
  var undo = null;
  function bare(name) { return name.split(/[（(]/)[0].replace(/\s/g, ""); }
  function reads(text) { return /^[\d,，.]+\D{0,3}$|^\/$|^不适用$|^[—-]+$/.test(half(text)); }
  function half(text) {
    return text.replace(/[\uff01-\uff5e]/g, function (c) { return String.fromCharCode(c.charCodeAt(0) - 0xfee0); }).trim();
  }
  form.addEventListener("paste", function (event) {
    var at = cells.indexOf(event.target);
    var text = (event.clipboardData || window.clipboardData).getData("text");
    if (at < 0 || !/[\t\n]/.test(text.trim())) { return; }
    event.preventDefault();
    var rows = text.replace(/\r/g, "").replace(/\n$/, "").split("\n").map(function (line) { return line.split("\t"); });
    var names = {};
    cells.forEach(function (field) { names[bare(form.querySelector("label[for=" + field.id + "]").textContent)] = field; });
    var named = rows.some(function (row) { return row.length > 1 && names[bare(row[0])]; });
    if (!named && rows[0][0].trim() === "本月") { rows.shift(); }
    // A column as long as the whole form, cells that fill themselves among them.
    var all = [].map.call(form.querySelectorAll("tr[id^=v]"), function (row) { return row.querySelector("td.cell > input[id]"); });
    var whole = !named && rows.length === all.length;
    var pairs = [];
    rows.forEach(function (row, index) {
      var field = named ? names[bare(row[0])] : whole ? all[index] : cells[at + index];
      var value = named ? row.slice(1).filter(reads)[0] : row[0];
      if (field && value !== undefined && half(value) !== "") { pairs.push([field, half(value)]); }
    });
    if (!pairs.length) { return; }
    offer(pairs, !named && !whole && rows.length > cells.length - at ? rows.length - (cells.length - at) : 0);
  });

  function offer(pairs, surplus) {
    offering = true;
    var bad = pairs.filter(function (pair) { return !reads(pair[1]); }).length;
    var old = document.getElementById("pasted");
    if (old) { old.remove(); }
    var box = document.createElement("div");
    box.id = "pasted";
    box.className = "note pasted";
    box.setAttribute("role", "status");
    undo = pairs.map(function (pair) { return [pair[0], pair[0].value]; });
    pairs.forEach(function (pair) { pair[0].value = pair[1]; pair[0].classList.add("coming"); });
    var words = document.createElement("p");
    words.textContent = "将填入 " + pairs.length + " 格" + (bad ? "，" + bad + " 格有问题" : "") + (surplus ? "，后面多出 " + surplus + " 个数不填" : "") + "（黄底的格子）。";
    box.appendChild(words);
    button(box, "填入", "btn pri", function () { offering = false; clear(pairs, box); later(true); count(); after(box, undo); });
    button(box, "不填", "btn", function () { back(); offering = false; clear(pairs, box); count(); note(); });
    form.querySelector(".sticky").insertBefore(box, form.querySelector(".sticky").firstChild);
    box.querySelector("button").focus();
    count();
  }
  function button(box, words, look, act) {
    var one = document.createElement("button");
    one.type = "button";
    one.textContent = words;
    one.className = look;
    one.addEventListener("click", act);
    box.appendChild(one);
  }
  function clear(pairs, box) { pairs.forEach(function (pair) { pair[0].classList.remove("coming"); }); box.remove(); }
  function back() { (undo || []).forEach(function (pair) { pair[0].value = pair[1]; }); }
  function after(box, before) {
    var done = document.createElement("div");
    done.id = "pasted";
    done.className = "note ok pasted";
    var words = document.createElement("p");
    words.textContent = "已填入 " + before.length + " 格。";
    done.appendChild(words);
    button(done, "撤销", "btn", function () { undo = before; back(); done.remove(); later(true); count(); });
    form.querySelector(".sticky").insertBefore(done, form.querySelector(".sticky").firstChild);
  }

  if (!location.hash) {
    var first = form.querySelector("[data-first]");
    if (first) { first.focus({ preventScroll: !form.querySelector(".meant") }); }
  } else {
    var meant = document.getElementById(location.hash.slice(1));
    if (meant && meant.focus) { meant.focus(); }
  }
  window.setInterval(function () { if (!busy && !offering && fields.some(changed)) { note(); save(); } }, 4500);
}());
