// Shows the figures that the daemon sends every second. They are inserted as text only.
"use strict";

const silentMs = 5000; // after this long without an update the page is stale
const againMs = 2000;
const longText = 12; // in the title, too: CSS may cut it

let source = null;
let heardMs = Date.now();
let version = "";
let lostAt = null;
let pollTimer = 0;

const element = (id) => document.getElementById(id);

function write(target, [text, tone]) {
  if (target.textContent !== text) target.textContent = text;
  if (target.className !== tone) target.className = tone;
  const title = text.length > longText ? text : "";
  if (target.title !== title) target.title = title;
}

// Rows are reused: a selection in them survives.
function writeRows(body, rows) {
  while (body.rows.length > rows.length) body.deleteRow(-1);
  rows.forEach((cells, i) => {
    const row = body.rows[i] || body.insertRow();
    cells.forEach((cell, j) => write(row.cells[j] || row.insertCell(), cell));
  });
}

function show(view) {
  heardMs = Date.now();
  const now = view.figures.version[0];
  // Another version may have another page.
  if (version && version !== now) return location.reload();
  version = now;
  for (const [id, cell] of Object.entries(view.figures)) write(element(id), cell);
  for (const [id, rows] of Object.entries(view.tables)) writeRows(element(id), rows);
  for (const [id, data] of Object.entries(view.paths)) element(id).setAttribute("d", data);
  document.title = `${view.figures.name[0]}: ${view.figures.verdict[0]} – orderd`;
  lostAt = null;
  element("alarm").hidden = true;
  document.body.className = "";
  write(element("link"), ["live", "good"]);
}

function lost() {
  if (lostAt) return;
  lostAt = new Date(heardMs);
  document.title = `Disconnected – orderd`;
  document.body.className = "stale";
  write(element("link"), ["disconnected", "bad"]);
  const time = lostAt.toISOString().slice(11, 19);
  element("alarm").textContent = `Disconnected: nothing was heard of this daemon since ${time} UTC. The figures below are old.`;
  element("alarm").hidden = false;
}

function connect() {
  if (source) source.close();
  source = new EventSource("events");
  source.onmessage = (event) => show(JSON.parse(event.data));
  source.onerror = () => {
    // Refused, as when too many pages are open: polls now and then.
    if (source.readyState === EventSource.CLOSED) pollTimer = setTimeout(poll, againMs);
    else lost();
  };
}

function poll() {
  fetch("status.json")
    .then((answer) => answer.json())
    .then(show)
    .catch(lost)
    .finally(() => {
      if (!document.hidden) connect();
    });
}

// A hidden page costs the daemon and the server nothing.
document.addEventListener("visibilitychange", () => {
  clearTimeout(pollTimer);
  if (source) source.close();
  if (!document.hidden) {
    heardMs = Math.max(heardMs, Date.now() - silentMs + 1000);
    connect();
  }
});

setInterval(() => {
  if (!document.hidden && Date.now() - heardMs > silentMs) lost();
}, 1000);

if (!document.hidden) connect();
