// The chat without reloading. Every word it shows comes from the page's templates and data-attributes; text from
// the server goes in as text only. Without this file the same form works by itself.
"use strict";
(() => {
  const form = document.getElementById("talk");
  const log = document.getElementById("log");
  const options = document.getElementById("options");
  const state = document.getElementById("state");
  const box = form.elements.namedItem("text");
  const number = form.elements.namedItem("form");
  const said = form.dataset;
  const known = new Set(Array.from(log.querySelectorAll("[data-id]"), (one) => one.dataset.id));
  let last = Number(log.dataset.last); // the newest message of ours on the page
  let anchor = null; // what the person said last: it moves to the top, with our answer below
  let pressed = null; // the button of this submit, for browsers without event.submitter
  let busy = false;
  let over = false;
  let stream = null;
  let away = 0; // timers: until it is said that the connection is gone, until the next try
  let again = 0;

  const tell = (text) => {
    state.textContent = text || "";
  };

  const anew = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    number.value = Array.from(bytes, (one) => one.toString(16).padStart(2, "0")).join("");
  };

  const copy = (name) => document.getElementById(name).content.firstElementChild.cloneNode(true);

  const draw = (name, text, lang, dir) => {
    const piece = copy(name);
    const words = piece.querySelector("bdi");
    words.textContent = text;
    words.lang = lang || "";
    words.dir = dir || "auto";
    log.append(piece);
    return piece;
  };

  const offer = (list) => {
    const pieces = list.map(([token, label], place) => {
      const piece = copy("option");
      const button = piece.querySelector("button");
      button.value = token;
      button.querySelector("span").textContent = String(place + 1);
      button.querySelector("bdi").textContent = label;
      return piece;
    });
    options.querySelector("ol").replaceChildren(...pieces);
    options.hidden = pieces.length === 0;
  };

  // --- what we hear ---

  const onMessage = (event) => {
    if (known.has(event.lastEventId)) return;
    known.add(event.lastEventId);
    last = Math.max(last, Number(event.lastEventId));
    if ("quiet" in log.dataset) return location.replace("/talk");
    const news = JSON.parse(event.data);
    const follow = anchor || innerHeight + scrollY > document.documentElement.scrollHeight - 240;
    const hadFocus = options.contains(document.activeElement);
    const piece = news.text ? draw("ours", news.text, news.lang, news.dir) : null;
    if (news.options) offer(news.options);
    if (hadFocus && piece) {
      piece.tabIndex = -1;
      piece.focus({ preventScroll: true });
    }
    if (follow) (anchor || piece)?.scrollIntoView({ block: "start" });
  };

  // The page comes back in another language; half a sentence in the box comes along.
  const onLanguage = () => {
    history.replaceState({ draft: box.value }, "");
    location.reload();
  };

  const onEnd = () => {
    over = true;
    stream.close();
    if (box.value.trim()) tell(said.gone);
    else location.replace("/");
  };

  const heard = () => {
    clearTimeout(away);
    away = 0;
    if (state.textContent === said.away) tell("");
  };

  const listen = () => {
    clearTimeout(again);
    if (stream) stream.close();
    stream = new EventSource(`/talk/stream?after=${last}&lang=${encodeURIComponent(log.dataset.lang)}`);
    stream.addEventListener("message", onMessage);
    stream.addEventListener("clear", () => location.replace("/talk"));
    stream.addEventListener("language", onLanguage);
    stream.addEventListener("end", onEnd);
    stream.onopen = heard;
    stream.onerror = () => {
      if (over) return;
      away = away || setTimeout(() => tell(said.away), 4000); // a short gap is no news
      if (stream.readyState === EventSource.CLOSED) again = setTimeout(listen, 5000);
    };
  };

  // The connection is back, or the phone was taken up again: do not wait for the browser's own next try.
  const hurry = () => {
    if (stream.readyState === EventSource.OPEN) heard();
    else if (!over) listen();
  };

  addEventListener("offline", () => tell(said.away));
  addEventListener("online", hurry);
  document.addEventListener("visibilitychange", () => document.hidden || hurry());

  // --- what we say ---

  const send = async (name, value, words) => {
    busy = true;
    tell(said.sending);
    box.readOnly = true;
    const mine = draw("mine", words);
    mine.hidden = true; // keeps its place in the order; shown when it has arrived
    anchor = mine;
    const before = last;
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), 20000);
    let status = 0; // stays 0 without connection or answer; sending the same again is safe, it counts once
    try {
      const body = new URLSearchParams({ form: number.value, lang: log.dataset.lang, [name]: value });
      const headers = { "X-By-Script": "1" };
      status = (await fetch("/talk", { method: "POST", body, headers, signal: stop.signal })).status;
    } catch (trouble) {
      if (!(trouble instanceof TypeError) && trouble.name !== "AbortError") throw trouble;
    }
    clearTimeout(timer);
    busy = false;
    box.readOnly = false;
    if (status !== 204) {
      mine.remove();
      if (value === "hide") return setTimeout(send, 3000, name, value, words); // until it is done
      anchor = null;
      tell({ 410: said.gone, 413: said.long, 429: said.pace }[status] || said.failed);
      return;
    }
    tell("");
    anew();
    mine.hidden = value === "hide"; // nothing is left to be seen of that
    if (name === "text") box.value = "";
    if (options.contains(document.activeElement)) mine.focus({ preventScroll: true });
    if (last === before) offer([]); // else the answer came first and brought its own
    mine.scrollIntoView({ block: "start" });
  };

  form.addEventListener("click", (event) => (pressed = event.target.closest("button") || pressed));

  document.querySelector("header a.urgent").addEventListener("click", () => {
    // The card opens at once; the talk is told beside it, so that it can ask afterwards.
    navigator.sendBeacon("/talk", new URLSearchParams({ form: number.value, word: "emergency" }));
  });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const button = event.submitter || pressed;
    if (over) tell(said.gone);
    if (over || (busy && button.value !== "hide")) return;
    if (button.value === "hide") {
      log.replaceChildren();
      offer([]);
      box.value = "";
    }
    if (button.name === "tap") send("tap", button.value, button.querySelector("bdi").textContent);
    else if (button.name === "word") send("word", button.value, button.textContent.trim());
    else if (box.value.trim()) send("text", box.value, box.value);
    else box.focus();
  });

  // Enter sends where there is a real keyboard; Shift+Enter makes a new line.
  const keys = matchMedia("(hover: hover) and (pointer: fine)").matches;
  document.getElementById("keys").hidden = !keys;
  box.addEventListener("keydown", (event) => {
    if (!keys || event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit(form.elements.namedItem("send"));
  });

  if (history.state?.draft) {
    box.value = history.state.draft;
    history.replaceState(null, "");
  }
  document.getElementById("look").hidden = true;
  history.scrollRestoration = "manual"; // a reload shows the newest words, not the old place
  document.getElementById("last")?.scrollIntoView({ block: "start" });
  listen();
})();
