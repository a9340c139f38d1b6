// The page of a cell: its two charts follow their fields, and the address follows both.
import { changeAddress } from './address.js';
import { cycleColour } from './look.js';

const fade = document.querySelector('#fade');
const curves = document.querySelector('#curves');
const quantity = document.querySelector('#y');
const cycles = document.querySelector('#cycles');
const key = document.querySelector('#curve-key');

function showFade() {
  const query = new URLSearchParams(fade.getAttribute('query'));
  query.set('y', quantity.value);
  fade.setAttribute('y-label', quantity.selectedOptions[0].textContent.trim());
  fade.setAttribute('query', query);
  changeAddress({ y: quantity.value === quantity.options[0].value ? null : quantity.value });
}

/** Ask for the cycles in the box; the server reads the same text for a shared address. */
function showCurves(event) {
  event.preventDefault();
  const text = cycles.value.trim();
  changeAddress({ cycles: text });
  const query = new URLSearchParams(curves.getAttribute('query'));
  query.set('cycles', numbers(text).join(','));
  curves.setAttribute('query', query);
  paintKey();
}

/**
 * Read `1, 10, 100-103`, each number once, at most 20.
 * @param {string} text
 */
function numbers(text) {
  const found = new Set();
  for (const part of text.split(/[,;]/)) {
    const match = /^\s*(\d+)\s*(?:-\s*(\d+)\s*)?$/.exec(part);
    if (!match) continue;
    const [first, last] = [Number(match[1]), Number(match[2] ?? match[1])];
    for (let cycle = first; cycle <= Math.min(last, first + 20); cycle += 1) found.add(cycle);
  }
  return [...found].slice(0, 20);
}

function paintKey() {
  const shown = numbers(cycles.value);
  key.replaceChildren(...shown.map((cycle, place) => {
    const entry = document.createElement('span');
    const swatch = Object.assign(document.createElement('i'), { className: 'swatch' });
    swatch.style.background = cycleColour(shown.length > 1 ? place / (shown.length - 1) : 0);
    entry.append(swatch, `cycle ${cycle}`);
    return entry;
  }));
}

/** Another test has other cycles: the server chooses them. */
function showTest({ target }) {
  changeAddress({ test: target.value, cycles: null });
  location.reload();
}

function startCurves() {
  cycles.addEventListener('change', showCurves);
  document.querySelector('#curve-view').addEventListener('submit', showCurves);
  document.querySelector('#test')?.addEventListener('change', showTest);
  addEventListener('voltlake-theme', paintKey);
  paintKey();
}

quantity.addEventListener('change', showFade);
document.querySelector('#cell-view').addEventListener('submit', (event) => event.preventDefault());
if (curves) startCurves();
