// <time-series source panes start-second end-second>: one synced pane per measured quantity.
// A zoom redraws at once from what is loaded; the server's finer answer follows.
import UPlot from '../vendor/uPlot.esm.js';
import { changeAddress } from './address.js';
import { ask } from './fetching.js';
import { axis, colour, digits } from './look.js';
import { readWindow, timeInWords, timeUnit } from './series_window.js';

const DEBOUNCE_MS = 30;
const SHORTEST_SECOND = 0.01;
const STEPS = [1, 2, 5, 10, 15, 20, 30, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];
const OVERVIEW = 'Overview: lowest and highest value of each interval';
const THINNED = 'From every row: lowest and highest value of each interval';
const EVERY_ROW = 'Every recorded row';

class TimeSeries extends HTMLElement {
  #panes = {};
  #plots = [];
  /** @type {import('./series_window.js').SeriesWindow|null} what is loaded */
  #loaded = null;
  /** @type {[number, number]} what is on show, in seconds of test time */
  #range = [0, 1];
  /** @type {[number, number]|null} the whole test, once known */
  #whole = null;
  #request = new AbortController();
  #timer = 0;
  #resized = new ResizeObserver(() => this.#resize());
  #themed = () => this.#build();

  connectedCallback() {
    this.#panes = JSON.parse(this.getAttribute('panes'));
    this.tabIndex = 0;
    this.setAttribute('role', 'application');
    this.addEventListener('keydown', (event) => this.#key(event));
    this.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
    addEventListener('voltlake-theme', this.#themed);
    this.#resized.observe(this);
    const window = ['start-second', 'end-second'].map((name) => this.getAttribute(name));
    this.#load(...window.map((text) => (text === null ? null : Number(text))));
  }

  disconnectedCallback() {
    removeEventListener('voltlake-theme', this.#themed);
    this.#resized.disconnect();
    this.#request.abort();
    for (const plot of this.#plots) plot.destroy();
  }

  /** What is on show, in seconds. */
  get range() {
    return [...this.#range];
  }

  /** Whether the picture is `overview` or `rows`. */
  get loadedSource() {
    return this.#loaded?.source ?? null;
  }

  /**
   * Show a window; null for the whole test.
   * @param {number|null} start
   * @param {number|null} end
   */
  show(start, end) {
    if (start !== null) {
      if (end - start < SHORTEST_SECOND) return;
      [start, end] = this.#inside(start, end);
      this.#range = [start, end];
    } else if (this.#whole) this.#range = [...this.#whole];
    this.#redraw();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#load(start, end), DEBOUNCE_MS);
  }

  /** Do what a key does: arrows, + and −, 0. */
  press(key) {
    const [start, end] = this.#range;
    const width = end - start;
    const move = {
      ArrowLeft: [start - width / 4, end - width / 4],
      ArrowRight: [start + width / 4, end + width / 4],
      '+': [start + width / 4, end - width / 4],
      '=': [start + width / 4, end - width / 4],
      '-': [start - width / 2, end + width / 2],
      0: [null, null],
    }[key];
    if (move) this.show(...move);
    return Boolean(move);
  }

  /** Keep a window within the test, and its width where that is possible. */
  #inside(start, end) {
    if (!this.#whole) return [start, end];
    const [first, last] = this.#whole;
    const width = Math.min(end - start, last - first);
    const from = Math.min(Math.max(start, first), last - width);
    return [from, from + width];
  }

  #key(event) {
    if (!event.ctrlKey && !event.metaKey && !event.altKey && this.press(event.key)) event.preventDefault();
  }

  #wheel(event) {
    const over = this.#plots[0]?.over.getBoundingClientRect();
    if (!over || event.ctrlKey) return;
    event.preventDefault();
    const [start, end] = this.#range;
    const away = Math.sign(event.deltaY || event.deltaX);
    if (event.shiftKey) {
      const step = (away * (end - start)) / 8;
      return this.show(start + step, end + step);
    }
    const share = Math.min(1, Math.max(0, (event.clientX - over.left) / over.width));
    const centre = start + share * (end - start);
    const factor = away > 0 ? 1.25 : 0.8;
    this.show(centre - (centre - start) * factor, centre + (end - centre) * factor);
  }

  async #load(start, end) {
    this.#request.abort();
    const request = (this.#request = new AbortController());
    try {
      const bytes = await ask(this.#address(start, end), 'arrayBuffer', request.signal);
      this.#take(readWindow(bytes), start === null);
    } catch (error) {
      if (error.name !== 'AbortError') this.#tell(`The series could not be loaded. ${error.message}`);
    }
  }

  #points() {
    return Math.min(8000, Math.max(600, 2 * Math.round(this.clientWidth)));
  }

  #address(start, end) {
    const points = this.#points();
    const query = new URLSearchParams({ columns: Object.keys(this.#panes).join(','), points });
    if (start !== null) {
      query.set('start_second', start);
      query.set('end_second', end);
    }
    return `${this.getAttribute('source')}?${query}`;
  }

  #take(loaded, whole) {
    const before = timeUnit(this.#width()).name;
    const first = !this.#plots.length;
    this.#loaded = loaded;
    if (whole) this.#whole = [loaded.start, loaded.end];
    this.#range = [loaded.start, loaded.end];
    if (first || timeUnit(this.#width()).name !== before) this.#build();
    else this.#fill();
    if (!first) this.#writeAddress(whole);
    this.#tell(this.#inWords());
    this.setAttribute('aria-label', `${Object.values(this.#panes).join(', ')} against time. ${this.#inWords()}`);
  }

  #width() {
    return this.#range[1] - this.#range[0];
  }

  #writeAddress(whole) {
    const [start, end] = this.#range.map((second) => String(Number(second.toFixed(3))));
    changeAddress(whole ? { t0: null, t1: null, jump: null } : { t0: start, t1: end, jump: null });
  }

  #inWords() {
    const [start, end] = this.#range;
    const points = Math.max(0, ...[...this.#loaded.lines.values()].map(([times]) => times.length));
    const all = points < this.#points() - 2 ? EVERY_ROW : THINNED;
    const words = this.#loaded.source === 'rows' ? all : OVERVIEW;
    const width = this.#width();
    return `${words} · ${points.toLocaleString('en')} points · ${timeInWords(start, width)} to ${timeInWords(end, width)}`;
  }

  #tell(words) {
    const place = document.querySelector('#series-source');
    if (place) place.textContent = words;
  }

  #data(column) {
    return this.#loaded.lines.get(column) ?? [[], []];
  }

  #fill() {
    Object.keys(this.#panes).forEach((column, i) => this.#plots[i].setData(this.#data(column)));
  }

  #redraw() {
    const [min, max] = this.#range;
    for (const plot of this.#plots) plot.setScale('x', { min, max });
  }

  #resize() {
    if (!this.clientWidth) return;
    for (const plot of this.#plots) plot.setSize({ width: this.clientWidth, height: plot.height });
  }

  #build() {
    if (!this.#loaded) return;
    for (const plot of this.#plots) plot.destroy();
    this.replaceChildren();
    const columns = Object.keys(this.#panes);
    const height = paneHeight(columns.length);
    this.#plots = columns.map((column, i) => this.#pane(column, height, i === columns.length - 1));
  }

  #pane(column, height, isLast) {
    const element = Object.assign(document.createElement('div'), { className: 'pane' });
    this.append(element);
    const readout = Object.assign(document.createElement('span'), { className: 'readout' });
    const options = {
      width: this.clientWidth,
      height: height + (isLast ? 46 : 10),
      padding: [8, 8, 0, 0],
      scales: { x: { time: false, range: () => this.#range } },
      legend: { show: false },
      cursor: { sync: { key: 'voltlake-series' }, y: false, drag: { x: true, y: false, setScale: false } },
      axes: [this.#timeAxis(isLast), axis({ label: this.#panes[column], size: 58 })],
      series: [{}, { stroke: colour(colourOf(column)), width: 1.1, points: { show: few, size: 4 } }],
      hooks: {
        setSelect: [(plot) => this.#selected(plot)],
        setCursor: [(plot) => this.#read(plot, readout)],
        ready: [(plot) => plot.over.addEventListener('dblclick', () => this.show(null, null))],
      },
    };
    const plot = new UPlot(options, this.#data(column), element);
    plot.over.append(readout);
    return plot;
  }

  #timeAxis(isLast) {
    const { name, second } = timeUnit(this.#width());
    const incrs = second === 1 ? undefined : [0.1, 0.2, 0.25, 0.5, ...STEPS].map((step) => step * second);
    const label = (plot, values) => values.map((value) => (isLast ? String(Number((value / second).toPrecision(8))) : ''));
    const shown = isLast ? { label: `Time (${name})`, size: 30 } : { size: 6, ticks: { show: false } };
    return axis({ space: 70, values: label, ...shown, ...(incrs && { incrs }) });
  }

  #selected(plot) {
    const { left, width } = plot.select;
    if (width < 4) return;
    plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
    this.show(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'));
  }

  #read(plot, readout) {
    const row = plot.cursor.idx;
    const known = row !== null && row !== undefined && plot.data[1][row] !== undefined;
    readout.textContent = known
      ? `${timeInWords(plot.data[0][row], this.#width())} · ${digits(plot.data[1][row])}`
      : '';
  }
}

const few = (plot, series, first, last) => last - first < 60;

function colourOf(column) {
  if (column.startsWith('voltage')) return '--voltage';
  return column.startsWith('current') ? '--current' : '--temperature';
}

/** Height of a pane so that all of them fit a screen, if they can. */
function paneHeight(panes) {
  const room = Math.max(420, innerHeight - 330);
  return Math.max(120, Math.min(240, Math.floor(room / panes)));
}

customElements.define('time-series', TimeSeries);
