// Adds to pages that work without it: they keep themselves up to date, ask in a dialog, search.
"use strict";

(() => {
  const find = (id) => document.getElementById(id);
  const main = find("main");

  const alike = (old, fresh) => old && !old.id && old.nodeName === fresh.nodeName;

  // Nodes stay the same where they can, and with them the focus and what is selected.
  const morph = (old, fresh) => {
    if (!(old instanceof Element)) {
      if (old.data !== fresh.data) old.data = fresh.data;
      return;
    }
    for (const { name } of [...old.attributes]) {
      if (!fresh.hasAttribute(name)) old.removeAttribute(name);
    }
    for (const { name, value } of fresh.attributes) {
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    const named = new Map([...old.children].filter((each) => each.id).map((each) => [each.id, each]));
    let at = old.firstChild;
    for (const want of [...fresh.childNodes]) {
      const mate = want.id ? named.get(want.id) : alike(at, want) ? at : undefined;
      if (mate !== at) old.insertBefore(mate || want, at);
      else at = at.nextSibling;
      if (mate) morph(mate, want);
    }
    while (at) {
      const gone = at;
      at = at.nextSibling;
      gone.remove();
    }
  };

  const parsed = (html) => new DOMParser().parseFromString(html, "text/html");

  const live = {
    source: null,
    again: 0,
    over: false,
    address: new URL(main.dataset.events || "", location.href),

    say: (text) => (find("live").textContent = `· ${text}`),

    open() {
      if (this.source || this.over || document.hidden) return;
      clearTimeout(this.again);
      const source = new EventSource(this.address);
      this.source = source;
      source.onopen = () => this.say("live");
      source.onerror = () => {
        this.say("not live for the moment");
        // The server has refused: too many are watching, or nobody is logged in any more.
        if (source.readyState === EventSource.CLOSED) {
          this.close();
          this.again = setTimeout(() => this.open(), 15000);
        }
      };
      source.addEventListener("part", ({ data }) => {
        const { id, html } = JSON.parse(data);
        if (find(id)) morph(find(id), parsed(html).getElementById(id));
      });
      source.addEventListener("log", ({ data, lastEventId }) => {
        this.address.searchParams.set("at", lastEventId);
        log.add(JSON.parse(data).text);
      });
      source.addEventListener("again", ({ data }) => {
        this.address.search = `?at=0&run=${JSON.parse(data).run}`;
        log.clear();
        this.close();
        this.open();
      });
      source.addEventListener("end", () => {
        this.over = true;
        this.close();
        this.say("the log has ended");
      });
    },

    close() {
      if (this.source) this.source.close();
      this.source = null;
    },
  };

  const ask = async (form) => {
    const dialog = find("confirm");
    const answer = await fetch(form.action).catch(() => Response.error());
    const asked = answer.ok && !answer.redirected && parsed(await answer.text()).getElementById("asked");
    if (!asked) return location.assign(form.action); // The page says why not.
    const title = document.createElement("h2");
    title.id = "confirm-title";
    title.textContent = asked.querySelector("h1").textContent;
    asked.querySelector("h1").replaceWith(title);
    dialog.replaceChildren(...asked.childNodes);
    return dialog.showModal();
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("[data-confirm]")) {
      event.preventDefault();
      ask(form);
    } else if (form.matches("dialog [data-cancel]")) {
      event.preventDefault();
      form.closest("dialog").close();
    } else if (form.method === "post") {
      // Once is enough.
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "yes";
    }
  });

  const CHUNK = 16384; // characters in a block, which ends with a line where it can
  const SHOWN = 1 << 20; // characters
  const MARKS = 2000;

  const log = {
    box: find("log"),
    chunks: [],
    length: 0,
    word: null,
    at: -1,

    begin() {
      const text = this.box.textContent;
      this.box.replaceChildren();
      find("following").hidden = false;
      this.add(text);
      const searched = find("found");
      find("follow").addEventListener("change", () => this.follow());
      this.box.addEventListener("scroll", () => {
        const below = this.box.scrollHeight - this.box.scrollTop - this.box.clientHeight;
        if (below > 40) find("follow").checked = false;
      });
      let soon = 0;
      find("q").addEventListener("input", () => {
        clearTimeout(soon);
        soon = setTimeout(() => this.search(), 150);
      });
      find("search").addEventListener("submit", (event) => {
        // The whole of a long log is searched by the server.
        if (!find("cut").hidden) return;
        event.preventDefault();
        clearTimeout(soon);
        if (find("q").value === (this.word ? this.word.text : "")) this.step(1);
        else this.search();
      });
      find("next").addEventListener("click", () => this.step(1));
      find("previous").addEventListener("click", () => this.step(-1));
      if (find("q").value && (!searched || find("cut").hidden)) this.search();
    },

    add(text) {
      let rest = text;
      while (rest) {
        let last = this.chunks.at(-1);
        const full = last && last.text.length >= CHUNK && last.text.endsWith("\n");
        if (!last || full || last.text.length >= 4 * CHUNK) {
          last = { text: "", count: 0, element: this.box.appendChild(document.createElement("div")) };
          this.chunks.push(last);
        }
        const room = 4 * CHUNK - last.text.length;
        const line = rest.indexOf("\n", Math.max(CHUNK - last.text.length, 0)) + 1;
        const size = line ? Math.min(line, room) : room;
        last.text += rest.slice(0, size);
        rest = rest.slice(size);
        this.draw(last);
      }
      this.length += text.length;
      while (this.length > SHOWN + 4 * CHUNK) {
        const gone = this.chunks.shift();
        this.length -= gone.text.length;
        gone.element.remove();
        find("cut").hidden = false;
      }
      this.tell();
      this.follow();
    },

    clear() {
      this.chunks = [];
      this.length = 0;
      this.box.replaceChildren();
      find("cut").hidden = true;
    },

    follow() {
      if (find("follow").checked) this.box.scrollTop = this.box.scrollHeight;
    },

    draw(chunk) {
      const parts = [];
      let from = 0;
      chunk.count = 0;
      for (const found of this.word ? chunk.text.matchAll(this.word.pattern) : []) {
        chunk.count += 1;
        if (chunk.count > MARKS) continue;
        const mark = document.createElement("mark");
        mark.textContent = found[0];
        parts.push(chunk.text.slice(from, found.index), mark);
        from = found.index + found[0].length;
      }
      chunk.element.replaceChildren(...parts, chunk.text.slice(from));
    },

    search() {
      const text = find("q").value;
      const pattern = new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "gi");
      this.word = text ? { text, pattern } : null;
      this.chunks.forEach((each) => this.draw(each));
      this.at = -1;
      find("stepping").hidden = !this.word;
      if (find("found")) find("found").hidden = true;
      find("matches").textContent = "";
      this.tell();
      if (this.word) this.step(1);
    },

    tell() {
      if (!this.word) return;
      const count = this.chunks.reduce((sum, each) => sum + each.count, 0);
      const which = this.at < 0 ? "" : `${this.at + 1} of `;
      find("matches").textContent = `${which}${count} ${count === 1 ? "match" : "matches"}`;
    },

    step(by) {
      const marks = this.box.querySelectorAll("mark");
      if (!marks.length) return;
      this.box.querySelector("mark.here")?.classList.remove("here");
      this.at = (this.at + by + marks.length) % marks.length;
      marks[this.at].classList.add("here");
      const above = marks[this.at].getBoundingClientRect().top - this.box.getBoundingClientRect().top;
      this.box.scrollTop += above - this.box.clientHeight / 2;
      this.tell();
    },
  };

  if (log.box) log.begin();
  if (main.dataset.events) {
    live.open();
    document.addEventListener("visibilitychange", () => (document.hidden ? live.close() : live.open()));
    addEventListener("pagehide", () => live.close());
    addEventListener("pageshow", () => live.open());
  }
})();
