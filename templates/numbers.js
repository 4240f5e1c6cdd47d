// Reads one number as the grader does. What it cannot judge it leaves to the grader.
"use strict";
const numbers = (() => {
  const LONGEST = 200;
  const WORDS = ["exp", "log10", "ln", "tanh", "sqrt", "sigmoid", "sigma", "relu", "step", "maximum", "minimum", "pi", "np", "math", "torch"];

  // --- the same text with signs, blanks and brackets as ASCII has them ---

  const SAME = [
    [/[\uff01-\uff5e]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0)],
    [/[‐‑‒–—―−⁃﹣˗➖]/g, "-"], [/[≃≅∼≒]/g, "≈"], [/[∕⁄÷]/g, "/"], [/٫/g, "."], [/、/g, ","], [/[‘’“”]/g, "'"],
    [/[⎡⎢⎣]/g, "["], [/[⎤⎥⎦]/g, "]"], [/[⎛⎜⎝]/g, "("], [/[⎞⎟⎠]/g, ")"], [/\r\n?|[\u2028\u2029]/g, "\n"],
    [/[\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]/g, " "],
    [/[\u200b-\u200f\u2060\u202a-\u202c\u2066-\u2069\ufeff]/g, ""],
    [/\\(?:left|right|displaystyle|q?quad)(?![a-zA-Z])/g, " "], [/\\approx(?![a-zA-Z])/g, "≈"], [/\\[,;! ]/g, " "],
  ];
  const replaced = (text, changes) => changes.reduce((so, [pattern, instead]) => so.replace(pattern, instead), text);
  const grouped = (all) => all.replace(/[\u2009\u202f]/g, ""); // 12 345, as programs print it
  const plain = (text) => {
    const rows = /\\\\|\\begin/.test(text) ? text.replace(/\n/g, " ").replace(/\\\\/g, "\n") : text; // in LaTeX only \\ ends a row
    return replaced(rows.replace(/(?:^|[^0-9.,])[0-9]{1,3}(?:[\u2009\u202f][0-9]{3})+(?![0-9])/g, grouped), SAME);
  };

  // --- arithmetic, such as 1/3, 3*10^-2 or e^-1/(1+e^-1) ---

  const NUMBER = /(?:[0-9]+(?:[.,][0-9]+|\.)?|[.,][0-9]+)(?:[eE][-+]?[0-9]+)?/y;
  const FUNCTIONS = {
    exp: Math.exp, ln: (x) => Math.log(x || NaN), log: (x) => Math.log(x || NaN), log10: (x) => Math.log10(x || NaN), sqrt: Math.sqrt, tanh: Math.tanh,
    sigmoid: (x) => 1 / (1 + real(Math.exp(-x))), relu: (x) => Math.max(x, 0), step: (x) => (x > 0 ? 1 : 0),
  };
  FUNCTIONS.sigma = FUNCTIONS.σ = FUNCTIONS.sigmoid;

  const FUNCTION = /(?:np\.|math\.|torch\.|\\)?(?:exp|log10|log|ln|tanh|sqrt|sigmoid|sigma|σ|relu|step)(?![a-zA-Z])/iyu;

  const trouble = (says, unfinished = false) => Object.assign(new Error(says), { says, unfinished });
  const LEFT_ALONE = new Error("the grader judges it");
  const real = (x) => {
    if (Number.isNaN(x)) throw trouble("no real number");
    if (!Number.isFinite(x)) throw LEFT_ALONE;
    return x;
  };
  const over = (x, y) => {
    if (y === 0) throw trouble("divides by zero", true); // 1/0 may become 1/0.5
    return real(x / y);
  };
  const decimal = (digits) => real(Number(digits.replace(",", ".")));

  // The value, or an error with the place where reading stopped.
  const workedOut = (text) => {
    let at = 0;
    const take = (pattern) => {
      at += /\s*/y.exec(text.slice(at))[0].length;
      pattern.lastIndex = at;
      const found = pattern.exec(text);
      if (found) at += found[0].length;
      return found?.[0];
    };
    const stop = () => { throw Object.assign(new Error(), { at }); };
    const need = (value) => value ?? stop();

    const group = () => {
      const closing = { "(": /\)/y, "{": /\}/y }[take(/[({]/y)];
      if (!closing) return undefined;
      const value = sum();
      if (!take(closing)) stop();
      return value;
    };
    const vulgar = () => {
      const sign = take(/[½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅐⅛⅜⅝⅞⅑⅒]/y);
      return sign && over(...sign.normalize("NFKD").split("⁄").map(Number)); // 1⁄2
    };
    const number = () => {
      const digits = take(NUMBER);
      if (!digits) return vulgar();
      if (take(/%/y)) return decimal(digits) / 100;
      const part = vulgar();
      if (part && !/^[0-9]+$/.test(digits)) stop();
      return decimal(digits) + (part ?? 0);
    };
    const pi = () => take(/\\?pi(?![a-zA-Z])|π/iyu) && Math.PI;
    const special = () => pi() ?? (take(/√|\\sqrt/y) && real(Math.sqrt(need(number() ?? group() ?? pi()))));
    const larger = (most) => {
      const both = [need(take(/\(/y)) && sum(), need(take(/,/y)) && sum()];
      need(take(/\)/y));
      return most ? Math.max(...both) : Math.min(...both);
    };
    const called = () => {
      const two = take(/(?:np\.|torch\.|\\)?(?:max|min)(?:imum)?(?![a-zA-Z])/iy);
      if (two) return larger(/max/i.test(two));
      const name = take(FUNCTION);
      return name && real(FUNCTIONS[name.toLowerCase().split(/[.\\]/).pop()](need(group())));
    };
    const fraction = () => {
      const digits = take(/\\[dt]?frac\s*[0-9]\s*[0-9]/y)?.match(/[0-9]/g).map(Number);
      return digits ? over(...digits) : take(/\\[dt]?frac/y) && over(need(group()), need(group()));
    };
    const e = () => take(/e(?![a-zA-Z])/y) && Math.E;
    const raised = (base) => {
      if (take(/\^|\*\*/y)) return real(base ** factor());
      const small = take(/[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+/y);
      return small ? real(base ** Number(small.normalize("NFKD").replace("−", "-"))) : base;
    };
    const power = (first) => raised(need(first ?? called() ?? special() ?? group() ?? fraction() ?? e()));
    const signed = (read) => {
      const sign = take(/[-+]/y);
      return sign === "-" ? -read() : read();
    };
    const factor = () => signed(() => power(number()));
    const head = () => signed(() => {
      const digits = number();
      const marked = digits === undefined ? undefined : special(); // 2√2
      return marked === undefined ? power(digits) : real(digits * raised(marked));
    });
    const term = () => {
      for (let value = head(); ;) {
        if (take(/\//y)) value = over(value, factor());
        else if (take(/\*|×|·|⋅|∙|\\cdot|\\times|[xX](?![a-zA-Z])/y)) value = real(value * factor());
        else return value;
      }
    };
    const sum = () => {
      for (let value = term(); ;) {
        const sign = take(/[-+]/y);
        if (!sign) return value;
        value = real(sign === "-" ? value - term() : value + term());
      }
    };
    const value = sum();
    return take(/$/y) === undefined ? stop() : value;
  };

  // --- one number ---

  const DECIMAL = /^([-+]?)\s*([0-9]+(?:\.[0-9]*|,[0-9]+)?|[.,][0-9]+)$/;
  const THOUSANDS = /(?:^|[^0-9.,])([1-9][0-9]{0,2}),([0-9]{3})(?![0-9.,])/;
  const DECIMAL_COMMA = /(?:^|[^0-9.,])0?,[0-9]|[0-9],(?:[0-9]{1,2}|[0-9]{4,})(?![0-9.,])/;
  const NAME = /^\s*(?=[^=≈:\n[(|&;,]*[\p{L}\p{No}_])[^=≈:\n[(|&;,]{1,60}(?::=|==|<-|[=≈:])/u;
  const ABOUT = /^\s*(?:ca|circa|approx|approximately|about|roughly)\.?(?!\w)(?=\s*[-+.\d])/i;
  const CALL = /(^|\W)(?:\w{1,9}\.)?(?:as)?(?:[aA]rray|[mM]atrix|[tT]ensor|float(?:\d\d)?|list|mat)\s*(?=\()/g;
  // What stands around numbers and is none of them: a name, and what programs print besides.
  const AROUND = [
    [/[$`]/g, " "], [/\.(?:round\(\d*\)|(?:tolist|numpy|item|detach|cpu)\(\))(?=[\s.;]|$)/g, ""], [NAME, ""], [ABOUT, ""],
    [/,\s*(?:dtype|grad_fn|device|requires_grad|shape)\s*=\s*(?:<[^<>]*>|'[^']*'|\([\d, ]*\)|[\w.]+)/g, ""], [CALL, "$1"],
    [/([\])}])[\s.,;]+$/, "$1"],
  ];

  const GROUPS = new RegExp("(^|[^0-9.,'])([0-9]{1,3}(?:(?:\\.[0-9]{3})+(?=,[0-9]+(?![0-9.,]))|(?:,[0-9]{3})+(?=\\.[0-9])"
    + "|(?:'[0-9]{3})+|(?:\\.[0-9]{3}){2,}|(?:,[0-9]{3}){2,})(?![0-9']))", "g"); // 1.234,5 and 1'234.5

  // A comma that can be nothing but a decimal one: where one stands, the others of an answer are decimal too, ...
  const decimalCommas = (texts) => texts.some((text) => DECIMAL_COMMA.test(plain(text).slice(0, LONGEST)));
  // ... and those of a sheet that has no decimal points.
  const isDecimalComma = (text) => DECIMAL.test(plain(text).trim()) && decimalCommas([text]);
  const hasPoint = (text) => /[0-9]\.[0-9]|(?:^|[^0-9])\.[0-9]/.test(text);

  // Dots for whatever stands in round or curly brackets, where nothing separates entries.
  const covered = (text) => {
    let depth = 0;
    return text.replace(/[^]/g, (char) => {
      depth += "({".includes(char);
      const shown = depth > 0 ? "." : char;
      depth -= ")}".includes(char);
      return shown;
    });
  };

  // What can be read in two ways, and what is asked about it.
  const DOUBTFUL = [
    [/(?:[*×·⋅∙xX]|\\times|\\cdot|(?:^|[^0-9.,])[1-9]\.|[.,][0-9]+\.)\s*10\s*[-+]\s*[0-9]+[\s.)}]*$/, "was 10^-3 meant?"],
    [/^[-+]?\s*10\s*-\s*[0-9]+\.?$/, "is it 10^-3, or (10)-3?"],
    [/(?:^|[^\p{L}\p{N}_.)}\]])e-[0-9]|(?:[*×·⋅∙]|\\times|\\cdot)\s*e[-+]?[0-9]/u, "is it e^-3, 2e-3, or (e)-3?"],
    [/[0-9]\s*e10\s*[-+]\s*[0-9]/i, "was 5e-3 meant?"],
    [/[/^√]\s*[-+]?[0-9.,]+\s*\\?%/, "write it without %"],
    [/(?:^|[^0]|(?:^|[^1])0)\^\s*[-+]?\s*1\s*\/\s*[0-9]/, "is it 2^(1/2), or (2^1)/2?"],
    [/(?:^|[^0-9.,])0x[0-9]/, "is it a product? Write it with *"],
  ];
  const EXPONENT = "\\s*(?:\\^|\\*\\*|[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹])";
  const DOT_TEN = new RegExp(`([0-9])\\.10(?=${EXPONENT})`, "g");
  const RAISED = new RegExp(`(?:^|[^0-9.,·⋅∙])([0-9]+)[·⋅∙]([0-9]+)(?![0-9·⋅∙]|[.,][0-9]|${EXPONENT})`);

  // 2.5.10^-3 with a product's sign; 2.10^-3 is asked about, where commas are not decimal.
  const tens = (text, decimalComma) => {
    const clear = [...text.matchAll(DOT_TEN)].every(({ index }) => decimalComma || /[.,][0-9]+$/.test(text.slice(0, index + 1)));
    if (!clear) throw trouble("is it 2*10^-3, or (2.10)^-3?");
    return text.replace(DOT_TEN, "$1·10");
  };

  const judged = (text, beside, decimalComma) => {
    for (const [doubt, question] of DOUBTFUL) if (doubt.test(text)) throw trouble(question);
    const [, whole, parts] = (!decimalComma && RAISED.exec(text)) || [];
    if (whole) throw trouble(`write ${whole}.${parts}, or ${whole}*${parts}`);
    if (beside && /[\p{L}\p{N}_.)}]\s+[-+]\S/u.test(covered(text))) throw trouble("two numbers, or a difference, as in 1-4?");
    if (/\p{Nd}/u.test(text.replace(/[0-9]/g, "")) || text.split(/[([{]/).length > 40) throw LEFT_ALONE;
    return workedOut(text);
  };

  // Whether typing on may still make a number of it: 1/, 2e-, sq
  const unfinished = (text, at) => {
    const tail = text.slice(at).toLowerCase().replace(/^(?:np|math|torch)\./, "");
    return ["e-", "e+", ...WORDS].some((known) => known.startsWith(tail));
  };

  const complaint = (text, at) => {
    if (at >= text.length) return "not finished";
    const [piece] = /\\?\p{L}+|[0-9.,]+|[^]/uy.exec(text.slice(at));
    return /^[0-9]/.test(piece) && /[0-9.,]\s+$/.test(text.slice(0, at)) ? "a blank between digits"
      : piece === text ? "not a number" : `“${piece}” is not part of a number`;
  };

  // { value }, { trouble: what is wrong }, or {} where it is blank or is left to the grader. `matrix` says that it is
  // an entry of one, `beside` that there are others, `decimalComma` that commas are decimal in them.
  const read = (typed, { beside = false, matrix = false, decimalComma = false } = {}) => {
    let text = plain(typed);
    if (/[\x00-\x1f]|⁻[0-9.]|\\(?![dt]?frac|sqrt|cdot|times|pi|exp|ln|log|tanh)/.test(text)) return {};
    text = text.trim();
    if (!DECIMAL.test(text)) text = replaced(text, AROUND);
    if (!matrix) text = text.replace(/[ *]+$/, "").replace(/[,;]+$/, "");
    text = text.trim().replace(/^[ \t\n$`*_'"=≈~:]+/, "").replace(/[ \t\n$`*_'"]+$/, "");
    if (text.length > LONGEST || /^[\s_?.…\-□☐()[\]{}]*$/.test(text)) return {};
    text = text.replace(/(^|[^0-9.,])([0-9]*[.,][0-9]+)(?:\.{3}|…|\.)$/, "$1$2"); // 0.333…
    try {
      const dotted = tens(text, decimalComma);
      decimalComma ||= dotted !== text && /,[0-9]+·10/.test(dotted);
      text = dotted;
    } catch (error) {
      return { trouble: error.says };
    }
    text = text.replace(GROUPS, (_, before, digits) => before + digits.replace(/[^0-9]/g, ""));
    const more = /[[\]{}<=≈~:;&|\\$`…]|\.\.|\)\s+'?\p{L}|(?:^|\W)c\(/u.test(text); // than a number: what the grader makes of it is its own
    const asked = !decimalComma && !DECIMAL_COMMA.test(text) && THOUSANDS.exec(text);
    if (asked && more) return {};
    if (asked) return { trouble: `is it ${asked[1]}.${asked[2]} or ${asked[1]}${asked[2]}? Write one of these` };
    const found = DECIMAL.exec(text);
    if (found) return { value: decimal(found[1] + found[2]), plain: !text.includes(",") };
    try {
      return { value: judged(text, beside, decimalComma) };
    } catch (error) {
      if (error.says) return { trouble: error.says, unfinished: error.unfinished };
      if (error.at === undefined || more) return {};
      return { trouble: complaint(text, error.at), unfinished: unfinished(text, error.at) };
    }
  };

  return { read, decimalCommas, isDecimalComma, hasPoint, plain, replaced, covered, AROUND, LONGEST };
})();
