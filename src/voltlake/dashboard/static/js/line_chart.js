// <line-chart source query incremental x-label y-label height>: lines of one chart of the API,
// drawn by uPlot. `incremental` names the parameter that lists the lines, such as `cell`: when
// only that list changes, only the lines that are not held yet are fetched.
import UPlot from '../vendor/uPlot.esm.js';
import { ask } from './fetching.js';
import { axis, cycleColour, digits, lineStyle } from './look.js';

/** @typedef {{x: number[], y: (number|null)[], key: object}} Line */

const POINTS_BELOW = 40; // few points in sight: draw them, so that a single cycle is visible

class LineChart extends HTMLElement {
  static observedAttributes = ['query', 'y-label'];

  /** @type {Map<string, Line>} lines held for the present query */
  #held = new Map();
  #heldFor = '';
  /** @type {string[]} names of the lines that are drawn */
  #drawn = [];
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

  /** Names of the lines that were asked for, or that came, in the order of their colours. */
  get names() {
    const parameter = this.getAttribute('incremental');
    if (!parameter) return [...this.#held.keys()];
    return (this.#query().get(parameter) ?? '').split(',').filter(Boolean);
  }

  /** Stress one line, or none (null). */
  highlight(name) {
    const place = name === null ? -1 : this.#drawn.indexOf(name);
    this.#plot?.setSeries(place < 0 ? null : place + 1, { focus: true });
  }

  #query() {
    return new URLSearchParams(this.getAttribute('query'));
  }

  async #refresh() {
    this.#request.abort();
    const request = (this.#request = new AbortController());
    const parameter = this.getAttribute('incremental');
    const rest = this.#query();
    if (parameter) rest.delete(parameter);
    const lasting = String(rest);
    const keep = parameter && lasting === this.#heldFor ? this.#held : new Map();
    const absent = parameter ? this.names.filter((name) => !keep.has(name)) : null;
    try {
      if (!absent || absent.length) {
        this.setAttribute('aria-busy', 'true');
        const answer = await ask(this.#address(rest, parameter, absent), 'json', request.signal);
        for (const [name, line] of Object.entries(answer.series)) keep.set(name, line);
      }
      this.#held = keep;
      this.#heldFor = lasting;
      this.#draw();
    } catch (error) {
      if (error.name === 'AbortError') return;
      this.#say(`This chart could not be drawn. ${error.message}`);
    }
    this.removeAttribute('aria-busy');
  }

  /** The address of the absent lines; of all lines exactly as the page preloads it. */
  #address(rest, parameter, absent) {
    const source = this.getAttribute('source');
    if (!absent || absent.length === this.names.length) return `${source}?${this.getAttribute('query')}`;
    rest.set(parameter, absent.join(','));
    return `${source}?${rest}`;
  }

  #draw() {
    const names = this.names.filter((name) => this.#held.get(name)?.y.some((y) => y !== null));
    this.#drawn = names;
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
    return {
      width: this.clientWidth,
      height: Number(this.getAttribute('height') ?? 360),
      padding: [10, 12, 0, 0],
      scales: { x: { time: false }, y: { range: (plot, low, high) => padded(low, high) } },
      legend: { show: false },
      focus: { alpha: 0.18 },
      cursor: { focus: { prox: 26 }, y: false, points: { size: 7 }, drag: { x: true, y: true, uni: 40 } },
      axes: [axis({ label: this.getAttribute('x-label'), size: 30 }), axis({ label: this.getAttribute('y-label'), size: 62 })],
      series: [{}, ...names.map((name) => this.#series(name))],
      hooks: {
        setSeries: [(plot, place) => this.#announce(place ? names[place - 1] : null)],
        setCursor: [(plot) => this.#point(plot, names, tip)],
      },
    };
  }

  #series(name) {
    const byCycle = this.getAttribute('colours') === 'cycles';
    const style = byCycle ? { stroke: this.#cycleColour(name) } : lineStyle(this.names.indexOf(name));
    const few = (plot, series, first, last) => last - first < POINTS_BELOW;
    return { ...style, label: name, width: 1.6, points: { show: byCycle ? false : few, size: 5 } };
  }

  /** Charge and discharge of a cycle share a colour. */
  #cycleColour(name) {
    const cycles = [...new Set([...this.#held.values()].map(({ key }) => key.cycle))];
    const place = cycles.indexOf(this.#held.get(name).key.cycle);
    return cycleColour(cycles.length > 1 ? place / (cycles.length - 1) : 0);
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

/** A range with room around it; a flat line lies in its middle, not above an endless zero. */
function padded(low, high) {
  if (low === null) return [0, 1];
  const flat = high - low <= 1e-6 * Math.max(Math.abs(low), Math.abs(high));
  const room = flat ? 0.05 * (Math.abs(low) || 1) : 0.06 * (high - low);
  return [low - room, high + room];
}

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
