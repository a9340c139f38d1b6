/**
 * Change some parts of the address without loading a page. Empty values are left out.
 * @param {Record<string, string|null>} changes
 */
export function changeAddress(changes) {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === '') query.delete(name);
    else query.set(name, value);
  }
  show(query);
}

/**
 * Write what a form says into the address: fields that are empty or at their default are
 * left out, an empty list of cells is kept, because it says "none".
 * @param {HTMLFormElement} form
 */
export function writeForm(form) {
  const query = new URLSearchParams();
  const cells = new FormData(form).getAll('cell');
  for (const [name, value] of new FormData(form)) {
    if (value !== '' && value !== defaultOf(form, name)) query.append(name, String(value));
  }
  if (!cells.length) query.set('cell', '');
  show(query);
}

function defaultOf(form, name) {
  const field = form.elements.namedItem(name);
  const element = field instanceof RadioNodeList ? field[0] : field;
  return element?.dataset?.default;
}

function show(query) {
  const text = query.toString();
  history.replaceState(history.state, '', text ? `?${text}` : location.pathname);
}
