// Scoring where there is no network. Every score that is saved goes into a queue on this
// device first and leaves it when the server says what became of it; so a network that goes
// away, or a tab that is closed, loses nothing, and nothing arrives twice (each press has a
// key). Pages are kept when the evaluator asks for it; all of it goes at sign-out.
(function () {
  "use strict";
  const account = document.currentScript.dataset.account;
  if (!window.indexedDB || !navigator.serviceWorker) { return; }
  const PAGES = "pages";
  const STATIC = "static";
  const PATIENCE = 8000;
  const main = document.getElementById("main");
  const form = document.querySelector("form[data-score]");
  const sheet = document.querySelector("[data-sheet]");
  let busy = null;
  // Where the server says to go on.
  let next = "";
  // How many arrived since this page was drawn.
  let arrived = 0;

  // ── The queue: one entry a line, of whoever is signed in.
  function open() {
    return new Promise((done, fail) => {
      const asked = indexedDB.open("scores", 1);
      asked.onupgradeneeded = () => asked.result.createObjectStore("queue", { keyPath: "id" });
      asked.onsuccess = () => done(asked.result);
      asked.onerror = () => fail(asked.error);
    });
  }
  async function store(mode, act) {
    const db = await open();
    return new Promise((done, fail) => {
      const transaction = db.transaction("queue", mode);
      const asked = act(transaction.objectStore("queue"));
      transaction.oncomplete = () => { db.close(); done(asked.result); };
      transaction.onerror = transaction.onabort = () => { db.close(); fail(transaction.error); };
    });
  }
  async function queue() {
    const all = await store("readonly", (kept) => kept.getAll());
    return all.filter((item) => item.account === account);
  }
  const find = (id) => store("readonly", (kept) => kept.get(id));
  const put = (item) => store("readwrite", (kept) => kept.put(item));
  const drop = (id) => store("readwrite", (kept) => kept.delete(id));
  // Changes an entry, or takes it away, if nothing was written over it meanwhile.
  const amend = (item, change) => store("readwrite", (kept) => {
    const asked = kept.get(item.id);
    asked.onsuccess = () => {
      if (!asked.result || asked.result.key !== item.key) { return; }
      if (change) { kept.put(Object.assign(asked.result, change)); } else { kept.delete(item.id); }
    };
    return asked;
  });
  const place = (evaluation, code) => [account, evaluation, code].join("/");

  // A fresh key, as the server makes them.
  function key() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = bytes[6] & 15 | 64;
    bytes[8] = bytes[8] & 63 | 128;
    const hex = [].map.call(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  }

  // ── Sending. Answers false when there is no network.
  async function post(evaluation, items) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), PATIENCE);
    const fields = (item) => item.fields.concat([["key", item.key], ["version", String(item.version)], ["corrects", (item.corrects || []).join(" ")]]);
    const body = new URLSearchParams({ items: JSON.stringify(items.map((item) => ({ code: item.code, fields: fields(item) }))), at: form ? form.dataset.code : "" });
    try {
      return await fetch("/evaluations/" + evaluation + "/scores", { method: "POST", body, credentials: "same-origin", redirect: "manual", signal: stop.signal });
    } finally {
      clearTimeout(timer);
    }
  }
  async function settle(evaluation, told) {
    for (const of of told) {
      const item = { id: place(evaluation, of.code), key: of.key };
      if (of.state === "kept") {
        arrived += 1;
        await amend(item, null);
        await renew("/evaluations/" + evaluation + "/sheet/" + of.code);
      } else {
        await amend(item, { state: of.state, why: of.why, theirs: of.state === "stale" ? of.version : null });
      }
    }
    await renew("/evaluations/" + evaluation + "/sheet");
  }
  async function sendAll() {
    const waiting = (await queue()).filter((item) => !item.state);
    const byPlace = {};
    waiting.forEach((item) => (byPlace[item.evaluation] = byPlace[item.evaluation] || []).push(item));
    for (const evaluation of Object.keys(byPlace)) {
      const items = byPlace[evaluation];
      for (const item of items) { await amend(item, { sent: true }); }
      let answer;
      try { answer = await post(evaluation, items); } catch (gone) { return false; }
      if (answer.type === "opaqueredirect" || answer.status === 401) { return "登录已经结束。评过的分还在本机，请登录以后再上传。"; }
      if (answer.status === 409) {
        for (const item of items) { await amend(item, { state: "refused", why: "这个站点的评分已经提交或结束，没有收下。" }); }
        continue;
      }
      if (!answer.ok) { return "服务器没有收下，评过的分还在本机，稍后会再上传。"; }
      const told = await answer.json();
      next = told.next;
      await settle(evaluation, told.items);
    }
    return true;
  }
  function flush() {
    if (!busy) {
      busy = sendAll().catch(() => false).then(async (how) => {
        busy = null;
        await tell(how);
        // The list counts what the server has.
        if (sheet && arrived) { location.reload(); }
        return how;
      });
    }
    return busy;
  }

  // ── What is told: how many wait, what was not taken.
  function make(tag, words, look) {
    const one = document.createElement(tag);
    one.textContent = words;
    if (look) { one.className = look; }
    return one;
  }
  function button(words, look, act) {
    const one = make("button", words, look);
    one.type = "button";
    one.addEventListener("click", act);
    return one;
  }
  async function tell(how) {
    const all = await queue();
    const old = document.getElementById("queue");
    if (old) { old.remove(); }
    mark(all);
    if (!all.length) { return; }
    // What a kept page counts is older than the queue.
    const left = document.querySelector("[data-left]");
    if (left) { left.remove(); }
    const stuck = all.filter((item) => item.state);
    const box = make("div", "", "note " + (stuck.length ? "bad" : "warn"));
    box.id = "queue";
    box.setAttribute("role", "status");
    const waiting = all.length - stuck.length;
    const words = (waiting ? "未上传 " + waiting + " 项，存在这台设备上。" : "") + (stuck.length ? stuck.length + " 项没有收下，请改正。" : "");
    box.appendChild(make("p", words + (typeof how === "string" ? how : how === false ? "现在没有网络，有网络以后自动上传。" : "")));
    if (typeof how === "string") {
      const door = make("a", "去登录", "btn");
      door.href = "/sign-in?next=" + encodeURIComponent(location.pathname);
      box.appendChild(door);
    }
    if (stuck.length) {
      const list = document.createElement("ul");
      stuck.forEach((item) => {
        const entry = document.createElement("li");
        const link = make("a", item.code + "：" + item.why);
        link.href = "/evaluations/" + item.evaluation + "/sheet/" + encodeURIComponent(item.code);
        entry.appendChild(link);
        list.appendChild(entry);
      });
      box.appendChild(list);
    }
    if (waiting) {
      const send = button("现在上传", "btn", () => {
        send.disabled = true;
        send.textContent = "正在上传…";
        flush();
      });
      box.appendChild(send);
    }
    main.insertBefore(box, main.querySelector("nav.tabs") ? main.querySelector("nav.tabs").nextSibling : main.children[1] || null);
  }
  function mark(all) {
    [].forEach.call(document.querySelectorAll("[data-queued]"), (tag) => tag.remove());
    if (!sheet) { return; }
    all.filter((item) => item.evaluation === sheet.dataset.sheet).forEach((item) => {
      const row = document.getElementById("l-" + item.code);
      if (!row) { return; }
      const tag = make("span", item.state ? "没有收下" : "存在本机", "tag block " + (item.state ? "bad" : "info"));
      tag.dataset.queued = "1";
      const open = row.querySelector(".tag.warn");
      if (open) { open.remove(); }
      row.querySelector("th").appendChild(tag);
    });
    // What a kept page counts is older than the queue.
    const counted = document.querySelector("[data-counted]");
    if (counted && all.length) { counted.remove(); }
    const go = document.querySelector("[data-go]");
    const first = [].find.call(document.querySelectorAll("tr[id^='l-']"), (row) => row.querySelector(".tag.warn"));
    if (go && first) {
      go.href = first.querySelector("th a").getAttribute("href");
      go.textContent = "接着评：" + first.id.slice(2);
    }
  }

  // ── A line: what was filled in goes into the queue, then on its way.
  function values(submitter) {
    const fields = [];
    new FormData(form).forEach((value, name) => { if (name !== "key" && name !== "version") { fields.push([name, value]); } });
    if (submitter && submitter.name) { fields.push([submitter.name, submitter.value]); }
    return fields;
  }
  function fill(item) {
    [].forEach.call(form.elements, (field) => {
      const said = item.fields.filter((pair) => pair[0] === field.name).map((pair) => pair[1]);
      if (field.type === "radio" || field.type === "checkbox") { field.checked = said.indexOf(field.value) >= 0; } else if (field.type !== "hidden" && field.name && field.tagName !== "BUTTON") { field.value = said[0] || ""; }
    });
  }
  function warn(words) {
    let why = form.querySelector(".why");
    if (!why) {
      why = make("p", "", "why");
      why.setAttribute("role", "alert");
      why.tabIndex = -1;
      form.querySelector("fieldset").insertBefore(why, form.querySelector("fieldset").children[1]);
    }
    why.textContent = words;
    form.querySelector("fieldset").classList.add("wrong");
    why.focus();
  }
  // What the server would refuse at once, as far as it can be seen here: one may have left
  // the station when it does.
  function lacks() {
    const code = form.dataset.code;
    const all = (kind) => [].slice.call(form.querySelectorAll("[name='" + kind + "." + code + "']"));
    const ticks = all("t");
    const picked = all("c").concat(ticks).filter((field) => field.checked);
    const numbers = all("n").filter((field) => field.value.trim());
    if (!picked.length && !numbers.length && !all("z").some((field) => field.checked)) { return "请先评分，再保存。"; }
    const words = all("w").map((field) => field.value.trim()).join("");
    const less = picked.some((field) => field.dataset.less !== undefined) || ticks.some((field) => !field.checked && field.value !== "none");
    if (form.dataset.reason !== undefined && less && words.length < 2) { return "没有给满分，请写明扣分原因。至少 2 个字。"; }
    return "";
  }
  async function keep(submitter) {
    const lacking = lacks();
    if (lacking) { warn(lacking); return; }
    const { evaluation, code } = form.dataset;
    const id = place(evaluation, code);
    const before = await find(id);
    const fresh = key();
    await put({
      id, account, evaluation, code, fields: values(submitter), key: fresh,
      version: before ? before.version : Number(form.elements.version.value),
      // What was sent and never answered may have arrived.
      corrects: before ? (before.sent ? [before.key] : []).concat(before.corrects || []) : [],
    });
    const how = await flush();
    const after = await find(id);
    if (after && after.state && after.key === fresh) {
      if (after.state === "stale") { choose(after); } else { await drop(id); await tell(how); warn(after.why); }
      return;
    }
    const back = submitter && submitter.value === "sheet";
    const list = "/evaluations/" + evaluation + "/sheet";
    if (after) { location.assign(back ? list : form.dataset.next || list); } else { location.assign((back ? list : next || list) + "?done=saved"); }
  }
  // Two devices gave two scores: one of them is to stand.
  function choose(item) {
    warn(item.why + "本机评的就是下面这份。请选用哪一份。");
    const save = form.querySelector("button:not([type=button])");
    if (save) { save.parentNode.hidden = true; }
    const old = document.getElementById("choice");
    if (old) { old.remove(); }
    const box = make("p", "", "acts");
    box.id = "choice";
    box.appendChild(button("用这台设备上的", "btn pri", async () => {
      await put(Object.assign(item, { key: key(), version: item.theirs, state: "", why: "", corrects: [], sent: false }));
      await flush();
      location.reload();
    }));
    box.appendChild(button("用已经上传的", "btn", async () => { await drop(item.id); await renew(location.pathname); location.reload(); }));
    form.querySelector("fieldset").insertBefore(box, form.querySelector(".why").nextSibling);
  }
  async function line() {
    const item = await find(place(form.dataset.evaluation, form.dataset.code));
    if (item) {
      fill(item);
      if (item.state === "stale") { choose(item); } else if (item.state) { warn(item.why); } else { form.insertBefore(make("p", "这一项存在这台设备上，还没有上传。", "note warn"), form.firstChild); }
    }
  }
  // At once, before anything else is waited for: a press that comes first is kept too.
  if (form) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopImmediatePropagation();
      if (form.dataset.keeping) { return; }
      form.dataset.keeping = "1";
      keep(event.submitter).catch(() => form.submit()).finally(() => { delete form.dataset.keeping; });
    }, true);
  }

  // ── Pages that are kept on this device.
  async function renew(path) {
    const cache = await caches.open(PAGES);
    if (!await cache.match(path)) { return; }
    try {
      const answer = await fetch(path, { credentials: "same-origin" });
      if (answer.ok && !answer.redirected) { await cache.put(path, answer); }
    } catch (gone) { /* It stays as it was. */ }
  }
  async function download(say) {
    const here = "/evaluations/" + sheet.dataset.sheet + "/sheet";
    const lines = [].map.call(document.querySelectorAll("tr[id^='l-'] th a"), (link) => link.getAttribute("href"));
    const paths = ["/scoring", here].concat(lines);
    const drawn = [].map.call(document.querySelectorAll("link[rel=stylesheet], link[rel=icon]"), (link) => link.href)
      .concat([].map.call(document.querySelectorAll("script[src]"), (script) => script.src))
      .concat([].map.call(document.querySelectorAll("use"), (use) => use.getAttribute("href").split("#")[0]));
    await (await caches.open(STATIC)).addAll(Array.from(new Set(drawn)));
    const cache = await caches.open(PAGES);
    let done = 0;
    for (const path of paths) {
      const answer = await fetch(path, { credentials: "same-origin" });
      if (!answer.ok || answer.redirected) { throw new Error(path); }
      await cache.put(path, answer);
      done += 1;
      say("正在下载 " + done + " / " + paths.length);
    }
  }
  async function offer() {
    const acts = document.querySelector("[data-sheet-acts]");
    if (!acts) { return; }
    const words = make("span", "", "muted");
    words.setAttribute("role", "status");
    const get = button("下载到本机，没有网络也能评", "btn", async () => {
      get.disabled = true;
      try {
        await navigator.serviceWorker.ready;
        await download((progress) => { words.textContent = progress; });
        words.textContent = "已经下载到本机，没有网络也能评。退出登录时自动清除。";
        get.textContent = "重新下载";
      } catch (gone) {
        words.textContent = "没有下载完，请在有网络的地方再试。";
      }
      get.disabled = false;
    });
    const cache = await caches.open(PAGES);
    if (await cache.match(location.pathname)) {
      words.textContent = "已经下载到本机，没有网络也能评。";
      get.textContent = "重新下载";
    }
    acts.appendChild(get);
    acts.appendChild(words);
  }

  // ── At sign-out nothing stays; what was not sent is asked about first.
  async function wipe() {
    await new Promise((done) => {
      const gone = indexedDB.deleteDatabase("scores");
      gone.onsuccess = gone.onerror = gone.onblocked = done;
    });
    localStorage.removeItem("scorer");
    await Promise.all((await caches.keys()).map((name) => caches.delete(name)));
    const workers = await navigator.serviceWorker.getRegistrations();
    await Promise.all(workers.map((worker) => worker.unregister()));
  }
  async function leave(out) {
    if ((await queue()).length) { await flush(); }
    // Somebody else's too, who used this device before.
    const left = await store("readonly", (kept) => kept.count());
    if (left && !window.confirm("这台设备上还有 " + left + " 项评分没有上传，退出就没有了。确定退出吗？")) { return; }
    const asked = { method: "POST", credentials: "same-origin", redirect: "manual" };
    const answer = await fetch(out.getAttribute("action"), asked).catch(() => null);
    // Signed out now, or long ago; anything else and the session is still there.
    if (!answer || answer.type !== "opaqueredirect" && answer.status !== 401) {
      window.alert("没有网络，或者服务器没有应答，还没有退出。评过的分还在这台设备上，过一会儿再退出。");
      return;
    }
    await wipe();
    location.assign("/sign-in");
  }
  [].forEach.call(document.querySelectorAll("form[action='/sign-out']"), (out) => {
    out.addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopImmediatePropagation();
      leave(out).catch(() => out.submit());
    }, true);
  });

  async function begin() {
    // Pages of somebody else who used this device.
    if (localStorage.getItem("scorer") !== account) {
      await caches.delete(PAGES);
      localStorage.setItem("scorer", account);
    }
    navigator.serviceWorker.register("/worker.js").catch(() => { /* Without a network it is there already, or comes later. */ });
    if (form) { await line(); }
    if (sheet) {
      await offer();
      const submission = document.querySelector("form[data-submission]");
      if (submission) {
        submission.addEventListener("submit", (event) => {
          if (!document.getElementById("queue")) { return; }
          event.preventDefault();
          event.stopImmediatePropagation();
          document.getElementById("queue").scrollIntoView();
          flush();
        }, true);
      }
    }
    await flush();
  }
  window.addEventListener("online", flush);
  // Back again from the browser's memory: as it is now, not as it was left.
  window.addEventListener("pageshow", (event) => { if (event.persisted && (form || sheet)) { location.reload(); } });
  window.setInterval(async () => { if ((await queue()).some((item) => !item.state)) { flush(); } }, 20000);
  begin().catch((why) => { if (window.console) { console.warn("offline scoring is off:", why); } });
}());
