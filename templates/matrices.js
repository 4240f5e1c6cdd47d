// Reads a whole matrix as the grader does, in whatever layout it was typed or copied.
"use strict";
const matrices = (() => {
  const { covered, replaced, AROUND, LONGEST } = numbers;

  const BRACKETS = [[/\\(?:begin\{(?:[a-zA-Z]*matrix\*?|array)\}(?:\{[^{}]*\})?)/g, "["], [/\\end\{[a-zA-Z]*\*?\}/g, "]"]];
  const ROWS = /(?:;|\n)\s*/g, LINES = /\n\s*/g, BLANKS = /\s+/g;
  const BOTH_ENDS = /;[^\S\n]*[^;\s][^;\n]*\n|\n[^;\n]+;[^\S\n]*[^\s;]/; // 1;2 on one line, 3;4 on the next
  const LAYOUTS = [[ROWS, /,/g], [ROWS, BLANKS], [ROWS, /,\s+/g], [LINES, /;/g], [LINES, /&/g], [LINES, /\t/g], [/,/g, BLANKS]];

  // Split where a separator stands outside round and curly brackets.
  const split = (text, separator) => {
    const cells = [];
    let from = 0;
    for (const found of covered(text).matchAll(separator)) {
      cells.push(text.slice(from, found.index).trim());
      from = found.index + found[0].length;
    }
    return [...cells, text.slice(from).trim()];
  };

  // What stands in each bracket, where a text is nothing but brackets side by side.
  const insides = (text) => {
    const found = [];
    const kinds = new Set();
    let depth = 0;
    let start = 0;
    for (let i = 0; i < text.length; i++) {
      if ("[({".includes(text[i])) {
        if (depth++ === 0) { start = i + 1; kinds.add(text[i]); }
      } else if ("])}".includes(text[i])) {
        if (--depth === 0) found.push(text.slice(start, i));
      } else if (depth === 0 && !/[\s,;]/.test(text[i])) return [];
    }
    const rows = kinds.has("[") || found.some((row) => /[,;\n]|[\w.]\s+[-+]?[\w.]/.test(row));
    return found.length === 1 || (rows && kinds.size === 1) ? found : [];
  };
  const unwrapped = (text) => {
    let texts = [text];
    for (let deeper = insides(text); deeper.length; deeper = texts.length === 1 ? insides(texts[0]) : []) texts = deeper;
    return texts;
  };

  // Each bracket is closed by one of its kind.
  const balanced = (text) => {
    const open = [];
    for (const [sign] of text.matchAll(/[()[\]{}]/g)) {
      if ("([{".includes(sign)) open.push(")]}"["([{".indexOf(sign)]);
      else if (open.pop() !== sign) return false;
    }
    return open.length === 0;
  };

  const grids = (text) => {
    if (!balanced(text)) return [];
    const inside = unwrapped(text);
    const apart = inside.length > 1 ? inside.map((row) => unwrapped(row)) : null;
    if (apart?.some((row) => row.length > 1)) return [];
    return LAYOUTS.flatMap(([ends, between]) => {
      const commas = ends.source === ",";
      if (commas && (apart || !text.includes(","))) return [];
      let rows = apart ? apart.map(([row]) => row.replace(/\n/g, " ")) : split(inside[0], ends);
      if (between === BLANKS) {
        rows = rows.map((row) => row.trim().replace(/\s*(\*+|[/^×·⋅∙])\s*/g, "$1"));
        // a loose comma parts entries itself, and “1 - 4” has several readings
        if (rows.some((row) => /,(?!\d)|(?:^|[^\d\s+-]),|(?:^|\s)[-+]\s+\S/.test(row))) return [];
      }
      const grid = rows.map((row) => split(row, between));
      if (ends === ROWS && !apart && grid.every((row) => row.length === 1) && BOTH_ENDS.test(inside[0])) return [];
      if (between.source === "," && rows.some((row) => /[_?…□][^\S\n]+[^\s,;\]]*,\d|\d,\d+[^\S\n]+[_?…□]|^\s*[-+]?,\d+\s+[-+]?,\d/.test(row))) return [];
      return commas && grid.some((row) => row.length < 2 || row.length !== grid[0].length) ? [] : [grid];
    });
  };

  // As many entries in the shape asked: as they are, or one list taken row by row.
  const arranged = (grid, columns, rows) => {
    const full = (grid.length > rows ? grid.filter((row) => row.some((cell) => cell !== "")) : grid)
      .map((row) => row.length === columns + 1 && row[columns] === "" ? row.slice(0, -1) : row);
    if (full.length === rows && full.every((row) => row.length === columns)) return [0, full];
    const cells = full.flat();
    const list = cells.length === rows * columns && (full.length === 1 || full.every((row) => row.length === 1));
    return list ? [1, Array.from({ length: rows }, (_, i) => cells.slice(i * columns, (i + 1) * columns))] : [2, []];
  };

  // A text as the entries of a matrix, row by row; null where it is none of this size, or can be read in two ways.
  const read = (typed, rows, columns) => {
    const plainly = numbers.plain(typed);
    const one = numbers.read(plainly).value !== undefined || /^\s*[-+]?\s*[0-9]+,[0-9]+\s*$/.test(plainly); // 1,234 too
    const pairs = /^\s*[-+]?[0-9]+,[0-9]+(?:\s*[;\n]\s*[-+]?[0-9]+,[0-9]+)*[\s;]*$/.test(plainly); // 0,8 in each row
    const doubtful = /^\s*-[^\S\n]+[^-\s][^\n]*(?:\n\s*-[^\S\n]+[^-\s][^\n]*)+$|[*×·][^\S\n]*\n|[^\S\n]\/[^\S\n]/.test(plainly);
    if (pairs || doubtful) return null;
    if (one || rows * columns === 1 || plainly.length > LONGEST * rows * columns) return null;
    const text = replaced(plainly, [...BRACKETS, ...AROUND]).replace(/^[\s*]+|[ \n*]+$/g, "");
    const found = grids(text).map((grid) => arranged(grid, columns, rows)).filter(([misfit, grid]) => {
      const decimalComma = numbers.decimalCommas(grid.flat());
      const cells = grid.flat().map((cell) => [cell, numbers.read(cell, { beside: true, matrix: true, decimalComma })]);
      return misfit < 2 && cells.some(([, { value }]) => value !== undefined)
        && cells.every(([cell, { value }]) => value !== undefined || /^[_?…\s]*$/.test(cell));
    });
    const least = Math.min(...found.map(([misfit]) => misfit));
    const best = new Set(found.filter(([misfit]) => misfit === least).map(([, grid]) => JSON.stringify(grid)));
    return best.size === 1 ? JSON.parse([...best][0]).map((row) => row.map((cell) => cell.replace(/^[_?…\s]+$/, ""))) : null;
  };

  return { read };
})();
