// What charts need to know of the theme: colours come from the style sheet and the server's palette.

/** @param {string} name of a custom property, such as `--ink` */
export const colour = (name) =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const font = () => `11.5px ${colour('--font')}`;

/**
 * A uPlot axis in our style.
 * @param {object} options that win over the style
 */
export const axis = (options = {}) => ({
  stroke: colour('--muted'),
  grid: { stroke: colour('--rule'), width: 1 },
  ticks: { stroke: colour('--rule'), size: 4 },
  font: font(),
  labelFont: `550 12px ${colour('--font')}`,
  labelSize: 20,
  labelGap: 2,
  ...options,
});

let palette;

/** The server's palette: colours of cells per theme, colours of cycles, dashes. */
function readPalette() {
  palette ??= JSON.parse(document.querySelector('meta[name="voltlake-palette"]').content);
  return palette[document.documentElement.dataset.theme];
}

/**
 * Colour and dash of the n-th line: the palette, then again with the next dash,
 * exactly as in the pictures that the server draws.
 * @param {number} place
 */
export function lineStyle(place) {
  const { cells, dashes } = readPalette();
  const dash = dashes[Math.floor(place / cells.length) % dashes.length];
  return { stroke: cells[place % cells.length], dash: dash[1] === 0 ? undefined : dash };
}

/**
 * A colour between the first and the last cycle.
 * @param {number} fraction 0 for the first, 1 for the last
 */
export function cycleColour(fraction) {
  const { cycles } = readPalette();
  const place = fraction * (cycles.length - 1);
  const low = Math.min(Math.floor(place), cycles.length - 2);
  return mixed(cycles[low], cycles[low + 1], place - low);
}

const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

function mixed(first, second, share) {
  const last = channels(second);
  const parts = channels(first).map((value, i) => Math.round(value + (last[i] - value) * share));
  return `rgb(${parts.join(' ')})`;
}

/**
 * A number with five significant digits, as in the readouts.
 * @param {number|null|undefined} value
 */
export const digits = (value) =>
  value == null ? 'not measured' : String(Number(value.toPrecision(5)));
