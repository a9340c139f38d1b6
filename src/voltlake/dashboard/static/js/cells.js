// The page of all cells: rows and chips choose cells, the address keeps them, the chart shows them.
import { writeForm } from './address.js';
import { lineStyle } from './look.js';

const form = document.querySelector('#view');
const chips = document.querySelector('#selection');
const chart = document.querySelector('#fade');
const count = document.querySelector('#selected-count');
const MOST = Number(chips?.dataset.most ?? 50);

/** @returns {string[]} selected cells, in the order of their colours */
const selected = () => [...chips.querySelectorAll('input[name="cell"]')].map((field) => field.value);

function chipOf(name) {
  const chip = Object.assign(document.createElement('li'), { className: 'chip' });
  const field = Object.assign(document.createElement('input'), { type: 'hidden', name: 'cell', value: name });
  const swatch = Object.assign(document.createElement('span'), { className: 'swatch' });
  swatch.setAttribute('aria-hidden', 'true');
  const link = Object.assign(document.createElement('a'), { href: `/cells/${encodeURIComponent(name)}`, textContent: name });
  const remove = Object.assign(document.createElement('button'), { type: 'button', textContent: '×' });
  remove.setAttribute('aria-label', `Remove ${name} from the chart`);
  chip.append(field, swatch, link, remove);
  return chip;
}

const chipNamed = (name) => [...chips.children].find((chip) => chip.querySelector('input').value === name);

/** @param {string[]} names @param {boolean} on */
function choose(names, on) {
  for (const name of names) {
    const chip = chipNamed(name);
    if (!on) chip?.remove();
    else if (!chip && chips.children.length < MOST) chips.append(chipOf(name));
  }
  show();
}

/** Bring chart, address, downloads, boxes and swatches in line with the chips. */
function show() {
  const names = selected();
  const values = new FormData(form);
  const query = new URLSearchParams({ cells: names.join(','), y: values.get('y'), normalise: values.get('normalise') });
  chart.setAttribute('y-label', yLabel(values.get('normalise')));
  chart.setAttribute('query', query);
  for (const link of document.querySelectorAll('[data-format]')) {
    link.href = `/api/v1/charts/capacity-vs-cycle.${link.dataset.format}?${query}`;
  }
  count.textContent = names.length;
  tick(names);
  paint();
  writeForm(form);
}

function yLabel(normalise) {
  const title = form.elements.y.selectedOptions[0].textContent.trim();
  return normalise === 'first' ? title.replace(/( \(.*\))?$/, ' (% of first cycle)') : title;
}

function tick(names) {
  const full = names.length >= MOST;
  const boxes = [...form.querySelectorAll('tbody .pick input')];
  for (const box of boxes) {
    box.checked = names.includes(box.value);
    box.disabled = full && !box.checked;
  }
  const all = form.querySelector('#pick-all');
  const on = boxes.filter((box) => box.checked).length;
  all.checked = on > 0 && on === boxes.length;
  all.indeterminate = on > 0 && on < boxes.length;
}

function paint() {
  [...chips.children].forEach((chip, place) => {
    const { stroke, dash } = lineStyle(place);
    const swatch = chip.querySelector('.swatch');
    const gaps = dash ? `repeating-linear-gradient(90deg, ${stroke} 0 ${dash[0]}px, transparent 0 ${dash[0] + dash[1]}px)` : stroke;
    swatch.style.background = gaps;
  });
}

function onChange(event) {
  const field = event.target;
  if (field.id === 'pick-all') {
    choose([...form.querySelectorAll('tbody .pick input')].map((box) => box.value), field.checked);
  } else if (field.closest('tbody .pick')) choose([field.value], field.checked);
  else if (field.name === 'y' || field.name === 'normalise') show();
  else if (field.closest('.menu-body')) countFilter(field.name);
}

/** Keep the number beside a filter's name. */
function countFilter(name) {
  const on = form.querySelectorAll(`input[type="checkbox"][name="${name}"]:checked`).length;
  form.querySelector(`[data-tally="${name}"]`).textContent = on || '';
}

function onClick(event) {
  const target = /** @type {Element} */ (event.target);
  const remove = target.closest('.chip button');
  if (remove) choose([remove.parentElement.querySelector('input').value], false);
  else if (target.id === 'clear-selection') choose(selected(), false);
  else pickRow(target);
}

/** A click anywhere in a row chooses its cell, except on a link or on the box itself. */
function pickRow(target) {
  if (target.closest('a, input, button, label')) return;
  const box = target.closest('tbody tr')?.querySelector('.pick input');
  if (box && !box.disabled) choose([box.value], !box.checked);
}

function start() {
  form.addEventListener('change', onChange);
  form.addEventListener('click', onClick);
  form.addEventListener('submit', (event) => event.preventDefault());
  // New rows from the server carry new boxes and the order in force.
  document.addEventListener('htmx:after:swap', () => { tick(selected()); writeForm(form); });
  chart.addEventListener('line-hover', ({ detail }) => {
    for (const chip of chips.children) chip.classList.toggle('hot', chip.querySelector('input').value === detail);
  });
  chips.addEventListener('pointerover', ({ target }) => chart.highlight(target.closest('.chip')?.querySelector('input').value ?? null));
  chips.addEventListener('pointerleave', () => chart.highlight(null));
  addEventListener('voltlake-theme', paint);
  tick(selected());
  paint();
}

if (form) start();
