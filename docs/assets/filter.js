// A field above the table of all rules: it hides the rows that do not hold every word typed. Nothing is fetched.
document$.subscribe(() => {
  const table = document.querySelector("[data-filtered] ~ * table, [data-filtered] ~ table");
  const field = document.querySelector("[data-filtered] input");
  if (!table || !field || field.dataset.ready) return;
  field.dataset.ready = "yes";
  const rows = [...table.tBodies[0].rows];
  const count = document.querySelector("[data-filtered] output");
  const filter = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const shown = rows.filter((row) => {
      row.hidden = !words.every((word) => row.textContent.toLowerCase().includes(word));
      return !row.hidden;
    });
    count.textContent = `${shown.length} / ${rows.length}`;
  };
  field.addEventListener("input", filter);
  filter();
});
