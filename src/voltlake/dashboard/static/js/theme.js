// Sets the theme before the first paint, so that no page flashes; a classic script in the head.
// The choice (auto, light, dark) is the only thing that a browser remembers for us.
(() => {
  const root = document.documentElement;
  const systemIsDark = matchMedia('(prefers-color-scheme: dark)');

  /** @returns {'auto'|'light'|'dark'} */
  const choice = () => {
    const kept = localStorage.getItem('voltlake-theme');
    return kept === 'light' || kept === 'dark' ? kept : 'auto';
  };

  const apply = () => {
    const chosen = choice();
    const theme = chosen === 'auto' ? (systemIsDark.matches ? 'dark' : 'light') : chosen;
    for (const button of document.querySelectorAll('[data-theme-choice]')) {
      button.setAttribute('aria-pressed', String(button.dataset.themeChoice === chosen));
    }
    wear(theme);
  };

  /** @param {string} theme */
  function wear(theme) {
    if (root.dataset.theme === theme) return;
    root.dataset.theme = theme;
    dispatchEvent(new Event('voltlake-theme'));
  }

  addEventListener('click', (event) => {
    const button = event.target instanceof Element && event.target.closest('[data-theme-choice]');
    if (!button) return;
    localStorage.setItem('voltlake-theme', button.dataset.themeChoice);
    apply();
  });
  systemIsDark.addEventListener('change', apply);
  document.addEventListener('DOMContentLoaded', apply);
  addEventListener('beforeprint', () => wear('light'));
  addEventListener('afterprint', apply);
  apply();
})();
