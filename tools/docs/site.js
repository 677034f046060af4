// TypeDoc begins with every part of the navigation closed. Those at the top are open until somebody closes them.
for (const section of ['Start', 'Concepts', 'Recipes', 'Reference', 'Packages']) {
  const key = `tsd-accordion-${section}`;
  if (localStorage.getItem(key) === null) localStorage.setItem(key, 'true');
}
