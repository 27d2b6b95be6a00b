// Keeps the pages of scoring for when there is no network. Only pages that the evaluator
// asked for (offline.js puts them into "pages") are kept, and what they are drawn with.
"use strict";

const PAGES = "pages";
const STATIC = "static";
const SCORING = /^\/(scoring|evaluations\/[0-9a-f-]{36}\/sheet(\/[^/]+)?)$/;
const PATIENCE = 8000;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

// The network's answer, or a failure when it takes too long.
function fresh(request) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), PATIENCE);
  return fetch(request, { signal: stop.signal }).finally(() => clearTimeout(timer));
}

async function page(request) {
  const cache = await caches.open(PAGES);
  const kept = await cache.match(request, { ignoreSearch: true });
  try {
    const answer = await fresh(request);
    if (kept && answer.ok && !answer.redirected) {
      await cache.put(new URL(request.url).pathname, answer.clone());
    }
    return answer;
  } catch (gone) {
    if (kept) { return kept; }
    throw gone;
  }
}

async function asset(request) {
  const cache = await caches.open(STATIC);
  const kept = await cache.match(request);
  return kept || fetch(request);
}

// What is shown instead of a page that was not kept.
function nothing() {
  const html = '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">' +
    "<title>没有网络</title><body><main><h1>没有网络</h1><p>这一页没有下载到本机。评过的分都在本机存着，有网络以后会上传。</p>" +
    '<p><a href="/scoring">回到我的评分</a></p></main></body></html>';
  return new Response(html, { status: 503, headers: { "content-type": "text/html; charset=utf-8" } });
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) { return; }
  if (url.pathname.startsWith("/static/")) { event.respondWith(asset(request)); return; }
  if (request.mode === "navigate") {
    const answer = SCORING.test(url.pathname) ? page(request) : fetch(request);
    event.respondWith(answer.catch(nothing));
  }
});
