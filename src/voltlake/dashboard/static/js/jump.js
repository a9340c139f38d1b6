// The jump box of a time series: "cycle 12" moves the window without loading the page.
import { ask } from './fetching.js';
import { changeAddress } from './address.js';

const form = document.querySelector('#jump');
const series = document.querySelector('time-series');
const trouble = document.querySelector('#jump-trouble');

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const place = form.elements.jump.value.trim();
  trouble.textContent = '';
  changeAddress({ jump: null });
  if (!place) return series.show(null, null);
  try {
    const part = form.action.replace(/\/tests\/(\d+)\/series.*$/, '/parts/tests/$1/extent');
    const { start_second: start, end_second: end } = await ask(`${part}?of=${encodeURIComponent(place)}`, 'json');
    series.show(start, end);
  } catch (error) {
    trouble.textContent = error.message;
  }
});

for (const button of document.querySelectorAll('.zoom [data-key]')) {
  button.addEventListener('click', () => series.press(button.dataset.key));
}
