// A sheet that is filled in: kept in this browser as one types, taken out and put in again as answers.json.
"use strict";
(() => {
  const at = (id) => document.getElementById(id);
  const { sheet } = at("sheet").dataset;
  const fields = [...document.querySelectorAll("input[data-answer]")];
  const say = (words) => { if (at("status").textContent !== words) at("status").textContent = words; };
  const isBlank = (text) => text.trim() === "";

  // The line under an answer's numbers that says how they are read. A formula has none.
  const telling = (field) => {
    const group = field.dataset.row && field.closest(".answer");
    if (!group) return null;
    const line = group.querySelector(".told") ?? group.appendChild(document.createElement("p"));
    line.className = "told";
    line.id = `${field.dataset.answer}.told`;
    line.setAttribute("aria-live", "polite");
    field.setAttribute("aria-describedby", line.id);
    return line;
  };

  // Each answer by its name: its fields, row by row. One number, or a formula, is a field outside any matrix.
  const answers = new Map();
  for (const field of fields) {
    const { answer, row = "1" } = field.dataset;
    if (!answers.has(answer)) answers.set(answer, { alone: !field.closest("table"), rows: [], told: telling(field) });
    (answers.get(answer).rows[row - 1] ??= []).push(field);
  }

  // --- answers.json ---

  const typed = () => {
    const found = {};
    for (const [name, { alone, rows }] of answers) {
      const values = rows.map((row) => row.map((field) => field.value));
      found[name] = alone ? values[0][0] : values.flat().every(isBlank) ? "" : values;
    }
    return { sheet, answers: found };
  };

  // A value of an answers.json as the text of each field; null where it does not fit them.
  const spread = (value, { alone, rows }) => {
    if (value === null || value === "") return rows.map((row) => row.map(() => ""));
    let values = alone && !Array.isArray(value) ? [[value]] : value;
    if (typeof values === "string") values = matrices.read(values, rows.length, rows[0].length);
    const fits = Array.isArray(values) && values.length === rows.length
      && values.every((row, i) => Array.isArray(row) && row.length === rows[i].length
        && row.every((x) => x === null || typeof x === "string" || typeof x === "number"));
    return fits ? values.map((row) => row.map((x) => String(x ?? ""))) : null;
  };

  // Fills in what fits; returns the names of what does not.
  const fill = (found) => Object.entries(found).filter(([name, value]) => {
    const answer = answers.get(name);
    const values = answer ? spread(value, answer) : null;
    values?.forEach((row, i) => row.forEach((text, j) => { answer.rows[i][j].value = text; }));
    return values === null;
  }).map(([name]) => name);

  // --- how it is read ---

  // Whether the decimals of this problem have commas, and nothing on the sheet has a point.
  const commasElsewhere = (name) => {
    const problem = name.replace(/\..*/, ".");
    return fields.some(({ dataset, value }) => dataset.row && dataset.answer.startsWith(problem) && numbers.isDecimalComma(value))
      && !fields.some(({ value }) => numbers.hasPoint(value));
  };

  const isOnly = (field, all) => all.every((other) => other === field || isBlank(other.value));

  // Says of one answer what cannot be read, and how the field that is being filled in is read. While it is `typed`,
  // nothing is said of what may still become a number.
  const tell = ([name, { alone, rows, told }], edited = null, typed = false) => {
    if (!told) return;
    const all = rows.flat();
    const decimalComma = numbers.decimalCommas(all.map((field) => field.value)) || commasElsewhere(name);
    const says = all.map((field) => {
      const { value, plain, trouble, unfinished } = !typed && matrices.read(field.value, rows.length, rows[0].length)
        ? { trouble: isOnly(field, all) ? undefined : "a whole matrix, which needs the other fields blank" }
        : numbers.read(field.value, { matrix: !alone, beside: all.length > 1, decimalComma });
      const wrong = trouble !== undefined && !(typed && unfinished && field === edited);
      field.setAttribute("aria-invalid", wrong);
      const what = alone ? "" : `${field.value.trim().slice(0, 40)}: `;
      if (wrong) return `${what}${trouble}${trouble.endsWith("?") ? "" : "."}`;
      return value !== undefined && field === edited && (typed || !plain) ? `${what}read as ${Number(value.toPrecision(10))}.` : "";
    });
    const sentence = [...new Set(says)].filter(Boolean).join(" ");
    if (told.textContent !== sentence) told.textContent = sentence;
  };
  const tellAll = (edited) => { for (const answer of answers) tell(answer, edited); };
  const tellOf = (field, typed) => tell([field.dataset.answer, answers.get(field.dataset.answer)], field, typed);

  let before = null; // the fields that were filled in at once last, and what stood in them

  // --- kept in this browser ---

  const KEY = `handprop:${sheet}`;
  const NOT_KEPT = "Your browser does not keep what you type: download before you close.";
  let store = null; // a browser may have none for files, or in a private window
  let unsaved = false;
  try {
    localStorage.setItem(`${KEY}:try`, "");
    localStorage.removeItem(`${KEY}:try`);
    store = localStorage;
  } catch { /* said below */ }

  const filledIn = () => fields.filter((field) => !isBlank(field.value)).length;
  const count = () => {
    const wrong = fields.filter((field) => field.getAttribute("aria-invalid") === "true").length;
    at("count").textContent = `${filledIn()} of ${fields.length} entries filled in${wrong ? `, ${wrong} cannot be read` : ""}`;
  };
  const keep = (words = "Saved in this browser.") => {
    count();
    unsaved = true;
    try {
      store.setItem(KEY, JSON.stringify(typed().answers));
      unsaved = false;
    } catch { store = null; } // there was none, or it is full
    say(store ? words : NOT_KEPT);
  };
  const restore = (text) => {
    try { fill(JSON.parse(text) ?? {}); } catch { /* kept by something else under this name */ }
    tellAll();
    count();
  };

  restore(store?.getItem(KEY) ?? "{}");
  say(!store ? NOT_KEPT : filledIn() ? "Your answers of last time are filled in." : "What you type is saved in this browser.");
  document.addEventListener("input", ({ target }) => {
    if (!target.dataset.answer) return;
    before = null;
    tellOf(target, true);
    keep();
  });
  document.addEventListener("change", ({ target }) => {
    if (!target.dataset.row) return;
    if (!spreadOver(target, target.value, true)) tellAll(target);
    count();
  });
  // The same sheet in another window.
  addEventListener("storage", (event) => { if (event.key === KEY && event.newValue) restore(event.newValue); });
  addEventListener("beforeunload", (event) => { if (unsaved && filledIn()) event.preventDefault(); });

  // --- keys ---

  const rowsOf = (field) => answers.get(field.dataset.answer).rows;
  const beside = (field, key) => {
    const rows = rowsOf(field);
    const i = rows.findIndex((row) => row.includes(field));
    const j = rows[i].indexOf(field);
    const { selectionStart: start, selectionEnd: end, value } = field;
    const whole = start === 0 && end === value.length;
    switch (key) {
      case "ArrowUp": return rows[i - 1]?.[j];
      case "ArrowDown": return rows[i + 1]?.[j];
      // Sideways only from the end of what is typed: within it these keys move the caret.
      case "ArrowLeft": return whole || end === 0 ? rows[i][j - 1] : undefined;
      case "ArrowRight": return whole || start === value.length ? rows[i][j + 1] : undefined;
      case "Enter": return fields[fields.indexOf(field) + 1] ?? at("download");
      default: return undefined;
    }
  };
  document.addEventListener("keydown", (event) => {
    const field = event.target;
    const plain = !(event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.isComposing);
    const to = plain && field.dataset.answer ? beside(field, event.key) : undefined;
    if (!to) return;
    event.preventDefault();
    to.focus();
    to.select?.();
  });

  // --- a whole matrix at once ---

  const fillIn = (rows, texts) => {
    before = rows.flat().map((field) => [field, field.value]);
    texts.forEach((row, i) => row?.forEach((text, j) => {
      if (text !== undefined && rows[i]?.[j]) rows[i][j].value = text;
    }));
    tellAll();
    keep("A whole matrix was filled in. Ctrl+Z takes it back.");
  };

  // A whole matrix in one field goes to all of them; one that was typed only where the others are blank.
  const spreadOver = (field, text, typed) => {
    const rows = rowsOf(field);
    const found = matrices.read(text, rows.length, rows[0].length);
    if (!found || (typed && !isOnly(field, rows.flat()))) return false;
    fillIn(rows, found);
    return true;
  };

  // Cells copied from a spreadsheet that are no whole matrix go to the fields from this one on.
  const spreadFrom = (field, text) => {
    const rows = rowsOf(field);
    const i = rows.findIndex((row) => row.includes(field));
    const j = rows[i].indexOf(field);
    const cells = text.split(/\r?\n/).map((line) => line.split("\t").map((cell) => cell.trim()));
    fillIn(rows, [...Array(i), ...cells].map((row) => row && [...Array(j), ...row]));
  };

  document.addEventListener("paste", (event) => {
    const field = event.target;
    if (!field.dataset.row) return;
    const text = event.clipboardData.getData("text").trim();
    const whole = isBlank(field.value) || field.selectionEnd - field.selectionStart === field.value.length;
    if (whole && spreadOver(field, text, false)) event.preventDefault();
    else if (/[\t\n]/.test(text)) {
      event.preventDefault();
      spreadFrom(field, text);
    }
  });

  document.addEventListener("keydown", (event) => {
    if (!before || event.key !== "z" || !(event.ctrlKey || event.metaKey) || event.shiftKey) return;
    event.preventDefault();
    for (const [field, text] of before) field.value = text;
    tellAll();
    before = null;
    keep();
  });

  // --- the bar ---

  at("download").addEventListener("click", () => {
    const link = document.createElement("a");
    link.download = `answers-${sheet}.json`;
    link.href = URL.createObjectURL(new Blob([`${JSON.stringify(typed(), null, 1)}\n`], { type: "application/json" }));
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    unsaved = false;
    say(`${link.download} is among your downloads. Hand that file in.`);
  });

  at("clear").addEventListener("click", () => {
    if (!filledIn() || !confirm("Clear every answer on this sheet? This cannot be undone.")) return;
    for (const field of fields) field.value = "";
    tellAll();
    keep("Every answer was cleared.");
    fields[0].focus();
  });

  at("load").addEventListener("click", () => at("file").click());
  at("file").addEventListener("change", async () => {
    const [file] = at("file").files;
    at("file").value = ""; // so that the same file can be chosen once more
    let found = null;
    try { found = JSON.parse(await file.text()); } catch { /* said below */ }
    if (typeof found?.sheet !== "string" || typeof found.answers !== "object" || !found.answers) {
      say(`${file.name} is no answers.json. Nothing was loaded.`);
    } else if (found.sheet !== sheet) {
      say(`${file.name} is of sheet ${found.sheet}, and this is sheet ${sheet}. Nothing was loaded.`);
    } else if (!filledIn() || confirm(`Replace what is filled in here by what is in ${file.name}?`)) {
      const left = fill(found.answers);
      tellAll();
      keep(`${file.name} was loaded.${left.length ? ` These answers do not fit their fields and were left out: ${left.join(", ")}.` : ""}`);
    }
  });

  // What is typed goes nowhere but into the file.
  at("sheet").addEventListener("submit", (event) => event.preventDefault());
  at("bar").hidden = false;
})();
