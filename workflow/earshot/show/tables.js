// Tables that a reader can sort by a column and keep as a file. Without this script they are read as they are.
"use strict";

const NOTHING = "\u2013";
const bodyRows = (body) => [...body.rows].filter((row) => !row.querySelector("[scope=rowgroup]"));

// A row that says something else than the others do, in fewer cells, has no value in a column.
function value(row, column, columns) {
  if (row.cells.length !== columns) return NOTHING;
  const cell = row.cells[column];
  const text = (cell.dataset.value ?? cell.textContent).trim();
  const number = parseFloat(text.replace(/\u2212/g, "-").replace(/,(?=\d{3})/g, ""));
  return Number.isNaN(number) ? text : number;
}

// Numbers before words, and a dash, which stands for no value, always last.
function compare(one, other, direction) {
  if (one === NOTHING || other === NOTHING) return (one === NOTHING) - (other === NOTHING);
  if (typeof one !== typeof other) return typeof one === "number" ? -1 : 1;
  return direction * (typeof one === "number" ? one - other : one.localeCompare(other));
}

function sort(table, heading, column) {
  const direction = heading.getAttribute("aria-sort") === "ascending" ? -1 : 1;
  table.querySelectorAll("[aria-sort]").forEach((each) => each.removeAttribute("aria-sort"));
  heading.setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
  for (const body of table.tBodies) {
    const rows = bodyRows(body);
    const valueOf = (row) => value(row, column, heading.parentElement.cells.length);
    rows.sort((one, other) => compare(valueOf(one), valueOf(other), direction));
    body.append(...rows);
  }
}

function canBeSorted(table, headings) {
  const bodies = [...table.tBodies];
  return (
    bodies.some((body) => bodyRows(body).filter((row) => row.cells.length === headings.length).length > 1) &&
    !table.querySelector("tbody [rowspan]")
  );
}

function csv(table) {
  const quoted = (cell) => `"${cell.innerText.trim().replace(/\s*\n\s*/g, " ").replaceAll('"', '""')}"`;
  return [...table.rows].map((row) => [...row.cells].map(quoted).join(",")).join("\r\n") + "\r\n";
}

function save(table, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(["\ufeff", csv(table)], { type: "text/csv" }));
  link.download = `${name}.csv`;
  link.click();
  URL.revokeObjectURL(link.href);
}

function nameOf(table, number) {
  const heading = table.closest("section")?.querySelector("h2")?.textContent ?? "table";
  return `${heading} ${number}`.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
}

document.querySelectorAll("main table").forEach((table, number) => {
  const headings = [...(table.tHead?.rows[table.tHead.rows.length - 1]?.cells ?? [])];
  if (headings.length && canBeSorted(table, headings)) {
    headings.forEach((heading, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.title = "Sort by this column";
      button.append(...heading.childNodes);
      button.addEventListener("click", () => sort(table, heading, column));
      heading.append(button);
    });
  }
  const button = document.createElement("button");
  button.type = "button";
  button.className = "save";
  button.textContent = "Save this table (CSV)";
  button.addEventListener("click", () => save(table, nameOf(table, number + 1)));
  (table.closest(".scroll") ?? table).after(button);
});
