// <line-chart source query series x-label y-label height>: lines of one chart of the API, drawn
// by uPlot. `series` names the parameter that lists the lines (default: cells): a change of that
// list alone fetches only the lines that are not held yet.
import UPlot from '../vendor/uPlot.esm.js';
import { ask } from './fetching.js';
import { axis, cycleColour, digits, lineStyle } from './look.js';

/** @typedef {{x: number[], y: (number|null)[]}} Line */

const POINTS_BELOW = 40; // few points in sight: draw them, so that a single cycle is visible

class LineChart extends HTMLElement {
  static observedAttributes = ['query', 'y-label'];

  /** @type {Map<string, Line>} lines held for the present query */
  #held = new Map();
  #heldFor = '';
  #plot = null;
  #request = new AbortController();
  #resized = new ResizeObserver(() => this.#resize());
  #themed = () => this.#draw();

  connectedCallback() {
    this.setAttribute('role', 'img');
    addEventListener('voltlake-theme', this.#themed);
    this.#resized.observe(this);
    this.#refresh();
  }

  disconnectedCallback() {
    removeEventListener('voltlake-theme', this.#themed);
    this.#resized.disconnect();
    this.#request.abort();
    this.#plot?.destroy();
  }

  attributeChangedCallback(name, before, after) {
    if (before !== null && before !== after && this.isConnected && name === 'query') this.#refresh();
  }

  /** Names of the lines on show, in the order of their colours. */
  get names() {
    return this.#parameters().names;
  }

  /** Stress one line, or none (null). */
  highlight(name) {
    if (!this.#plot) return;
    const place = name === null ? null : this.#shown().indexOf(name) + 1;
    this.#plot.setSeries(place || null, { focus: true });
  }

  #parameters() {
    const query = new URLSearchParams(this.getAttribute('query'));
    const parameter = this.getAttribute('series') ?? 'cells';
    const names = (query.get(parameter) ?? '').split(',').filter(Boolean);
    query.delete(parameter);
    return { names, parameter, rest: query.toString() };
  }

  #shown() {
    return this.names.filter((name) => this.#held.has(name));
  }

  async #refresh() {
    this.#request.abort();
    const request = (this.#request = new AbortController());
    const { names, rest } = this.#parameters();
    const keep = rest === this.#heldFor ? this.#held : new Map();
    const absent = names.filter((name) => !keep.has(name));
    try {
      if (absent.length) {
        this.setAttribute('aria-busy', 'true');
        const answer = await ask(this.#address(absent, names), 'json', request.signal);
        for (const [name, line] of Object.entries(answer.series)) keep.set(name, line);
      }
      this.#held = keep;
      this.#heldFor = rest;
      this.#draw();
    } catch (error) {
      if (error.name === 'AbortError') return;
      this.#say(`This chart could not be drawn. ${error.message}`);
    }
    this.removeAttribute('aria-busy');
  }

  /** The address of some lines; of all of them exactly as the page preloads it. */
  #address(absent, names) {
    const query = new URLSearchParams(this.getAttribute('query'));
    if (absent.length < names.length) query.set(this.#parameters().parameter, absent.join(','));
    return `${this.getAttribute('source')}?${query}`;
  }

  #draw() {
    const names = this.#shown().filter((name) => this.#held.get(name).y.some((y) => y !== null));
    if (!names.length) {
      this.#say(this.names.length ? 'Not measured.' : this.getAttribute('empty') ?? 'Nothing chosen.');
      return;
    }
    const zoom = this.#zoom();
    this.#plot?.destroy();
    this.replaceChildren();
    const tip = Object.assign(document.createElement('div'), { className: 'tip', hidden: true });
    const data = joined(names.map((name) => this.#held.get(name)));
    this.#plot = new UPlot(this.#options(names, tip), data, this);
    this.#plot.over.append(tip);
    this.#plot.over.addEventListener('mouseleave', () => this.#announce(null));
    if (zoom) this.#plot.setScale('x', zoom);
    this.setAttribute('aria-label', this.#inWords(names));
  }

  #options(names, tip) {
    const all = this.names;
    return {
      width: this.clientWidth,
      height: Number(this.getAttribute('height') ?? 360),
      padding: [10, 12, 0, 0],
      scales: { x: { time: false } },
      legend: { show: false },
      focus: { alpha: 0.18 },
      cursor: { focus: { prox: 26 }, y: false, points: { size: 7 }, drag: { x: true, y: false } },
      axes: [axis({ label: this.getAttribute('x-label') }), axis({ label: this.getAttribute('y-label'), size: 62 })],
      series: [{}, ...names.map((name) => this.#series(name, all.indexOf(name), all.length))],
      hooks: {
        setSeries: [(plot, place) => this.#announce(place ? names[place - 1] : null)],
        setCursor: [(plot) => this.#point(plot, names, tip)],
      },
    };
  }

  #series(name, place, of) {
    const byCycle = this.getAttribute('colours') === 'cycles';
    const style = byCycle ? { stroke: cycleColour(of > 1 ? place / (of - 1) : 0) } : lineStyle(place);
    const few = (plot, series, first, last) => last - first < POINTS_BELOW;
    return { ...style, label: name, width: 1.6, points: { show: byCycle ? false : few, size: 5 } };
  }

  #hot = null;

  #announce(name) {
    if (name === this.#hot) return;
    this.#hot = name;
    this.dispatchEvent(new CustomEvent('line-hover', { bubbles: true, detail: name }));
  }

  /** Show the value under the pointer. */
  #point(plot, names, tip) {
    const place = this.#hot === null ? 0 : names.indexOf(this.#hot) + 1;
    const row = plot.cursor.idxs?.[place] ?? plot.cursor.idx;
    tip.hidden = !place || row == null || plot.data[place][row] == null;
    if (tip.hidden) return;
    const [x, y] = [plot.data[0][row], plot.data[place][row]];
    const name = Object.assign(document.createElement('b'), { textContent: this.#hot });
    tip.replaceChildren(name, `  ${quantity(this, 'x-label')} ${digits(x)} · ${digits(y)} ${unit(this, 'y-label')}`);
    const left = Math.min(plot.cursor.left + 14, plot.over.clientWidth - tip.offsetWidth - 4);
    const top = Math.max(2, plot.valToPos(y, 'y') - tip.offsetHeight - 10);
    tip.style.transform = `translate(${Math.max(0, left)}px, ${top}px)`;
  }

  /** The range of x that a person chose, or null for all. */
  #zoom() {
    if (!this.#plot) return null;
    const { min, max } = this.#plot.scales.x;
    const x = this.#plot.data[0];
    return min > x[0] || max < x.at(-1) ? { min, max } : null;
  }

  #resize() {
    if (this.#plot && this.clientWidth) {
      this.#plot.setSize({ width: this.clientWidth, height: this.#plot.height });
    }
  }

  #say(words) {
    this.#plot?.destroy();
    this.#plot = null;
    const message = Object.assign(document.createElement('p'), { className: 'message', textContent: words });
    this.replaceChildren(message);
    this.setAttribute('aria-label', words);
  }

  #inWords(names) {
    const some = names.slice(0, 5).join(', ') + (names.length > 5 ? ', …' : '');
    return `${this.getAttribute('y-label')} against ${this.getAttribute('x-label')}, ${names.length} lines: ${some}`;
  }
}

const quantity = (chart, label) => chart.getAttribute(label).replace(/ \(.*\)$/, '');
const unit = (chart, label) => /\((.*)\)$/.exec(chart.getAttribute(label))?.[1] ?? '';

/**
 * Lines on one common x, as uPlot wants them.
 * @param {Line[]} lines
 */
function joined(lines) {
  const [first] = lines;
  const same = lines.every(({ x }) => x.length === first.x.length && x.every((v, i) => v === first.x[i]));
  if (same) return [first.x, ...lines.map(({ y }) => y)];
  return UPlot.join(lines.map(({ x, y }) => [x, y]));
}

customElements.define('line-chart', LineChart);
