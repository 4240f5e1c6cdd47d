// Sets the mathematics of a page. Until then, and without scripts, a formula reads as it is written in LaTeX.
"use strict";
for (const place of document.querySelectorAll(".tex")) {
  const source = (place.closest(".tall") ? "\\displaystyle " : "") + place.textContent;
  katex.render(source, place, { throwOnError: false, strict: "ignore" });
}
