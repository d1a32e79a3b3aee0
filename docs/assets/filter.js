// A field above the table of all rules: it hides the rows that do not hold every word typed, in what is shown or in what
// the rule says on cards in either language (data-said). Nothing is fetched.
document$.subscribe(() => {
  const table = document.querySelector("[data-filtered] ~ * table, [data-filtered] ~ table");
  const field = document.querySelector("[data-filtered] input");
  if (!table || !field || field.dataset.ready) return;
  field.dataset.ready = "yes";
  const rows = [...table.tBodies[0].rows];
  const said = (row) => [...row.querySelectorAll("[data-said]")].map((one) => one.dataset.said).join(" ");
  const held = new Map(rows.map((row) => [row, `${row.textContent} ${said(row)}`.toLowerCase()]));
  const count = document.querySelector("[data-filtered] output");
  const filter = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const shown = rows.filter((row) => {
      row.hidden = !words.every((word) => held.get(row).includes(word));
      return !row.hidden;
    });
    count.textContent = `${shown.length} / ${rows.length}`;
  };
  field.addEventListener("input", filter);
  filter();
});
