// The only way in which this page makes elements. Text is always text: names of guests come from strangers.

/** @param {Object} [props] `class`, `on…` handlers, `text`, and attributes; `null` and `false` leave one out. */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === 'text') node.textContent = value;
    else if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** Changes the text only where it differs, so that nothing flickers or is read out twice. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** A table with a caption and column headings. `columns`: {label, number?, title?} */
export function table(caption, columns, rows, props = {}) {
  const heads = columns.map((column) => el('th', {scope: 'col', class: column.number ? 'number' : null},
      column.label));
  const body = el('tbody');
  body.append(...rows.map((row) => tableRow(columns, row)));
  const whole = el('table', props, el('caption', {text: caption}), el('thead', {}, el('tr', {}, ...heads)), body);
  return el('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption}, whole);
}

/** The first cell names the row. A cell is a text or a node. */
export function tableRow(columns, cells) {
  return el('tr', {}, ...cells.map((cell, index) => {
    const props = {class: columns[index].number ? 'number' : null};
    return index === 0 ? el('th', {...props, scope: 'row'}, cell) : el('td', props, cell);
  }));
}

/** A list of terms and what they are: [[term, text or node], …] */
export function facts(pairs) {
  return el('dl', {class: 'facts'}, ...pairs.map(([term, what]) =>
    el('div', {}, el('dt', {text: term}), el('dd', {}, what))));
}

export function announce(text) {
  setText(document.getElementById('announcer'), text);
}
