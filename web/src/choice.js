// One of a few, as radio buttons.
import {el} from './dom.js';

/** `options`: [[label, value], …] */
export function choice(legend, options, chosen, changed) {
  return el('fieldset', {class: 'choice'}, el('legend', {text: legend}), ...options.map(([label, value]) =>
    el('label', {}, el('input', {type: 'radio', name: legend, checked: value === chosen,
      onchange: () => changed(value)}), label)));
}
