/**
 * A window of a test as the server sends it: a header, then times, then values.
 * @typedef {object} SeriesWindow
 * @property {string} source  `overview` (minimum and maximum of each interval) or `rows`
 * @property {number} start   first second of the window
 * @property {number} end     last second of the window
 * @property {Map<string, [Float64Array, Float32Array]>} lines  times and values by column
 */

/**
 * Read the binary form: length of the header (8 bytes), header (JSON), the times of every
 * column (float64), the values of every column (float32); all little-endian, as browsers are.
 * @param {ArrayBuffer} bytes
 * @returns {SeriesWindow}
 */
export function readWindow(bytes) {
  const length = Number(new BigInt64Array(bytes, 0, 1)[0]);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 8, length)));
  let place = 8 + length;
  const take = (Kind, count) => {
    const values = new Kind(bytes, place, count);
    place += values.byteLength;
    return values;
  };
  const times = header.series.map(([, count]) => take(Float64Array, count));
  const values = header.series.map(([, count]) => take(Float32Array, count));
  const lines = new Map(header.series.map(([column], i) => [column, [times[i], withGaps(values[i])]]));
  return { source: header.source, start: header.start_second, end: header.end_second, lines };
}

/** uPlot breaks a line at null, not at NaN. */
const withGaps = (values) =>
  values.some(Number.isNaN) ? Array.from(values, (value) => (Number.isNaN(value) ? null : value)) : values;

/** Units of time for an axis: the largest in which the window is at least four long. */
export function timeUnit(spanSecond) {
  if (spanSecond > 4 * 86_400) return { name: 'days', second: 86_400 };
  if (spanSecond > 4 * 3_600) return { name: 'h', second: 3_600 };
  if (spanSecond > 8 * 60) return { name: 'min', second: 60 };
  return { name: 's', second: 1 };
}

/** A time in the unit of a window, to a thousandth of the window. */
export function timeInWords(second, spanSecond) {
  const { name, second: size } = timeUnit(spanSecond);
  const decimals = Math.min(6, Math.max(0, Math.ceil(3 - Math.log10(spanSecond / size))));
  return `${(second / size).toFixed(decimals)} ${name}`;
}
