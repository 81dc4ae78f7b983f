// What the parts of the script share: finding elements, and a state that lives in the link. The page
// is complete without any of it.
const root = document.documentElement;
const $ = (id) => document.getElementById(id);
const on = (target, event, act) => target.addEventListener(event, act);
const all = (query, from = document) => [...from.querySelectorAll(query)];

let state;
// Each task shows what the state says; it is told how to ask for a value.
const tasks = [];
const apply = () => tasks.forEach((task) => task((key) => state.get(key) || ""));
const keep = (key, value) => {
  if (value) state.set(key, value);
  else state.delete(key);
  location.replace("#" + state);
  apply();
};
// Turns a value on, or off where the state has it.
const flip = (key, value) => keep(key, state.get(key) !== value && value);
const start = () => {
  const hash = location.hash.slice(1);
  const told = hash.includes("=");
  if (told || !state) state = new URLSearchParams(told ? hash : "");
  apply();
};
// Once the whole script has run.
queueMicrotask(start);
on(window, "hashchange", () => {
  if (location.hash !== "#" + state) start();
});

// A field whose value the state has.
const field = (id) => {
  on($(id), "input", () => keep(id, $(id).value));
  tasks.push((get) => { $(id).value = get(id); });
};
// A button with a name is pressed, and its section has a class, where the state has its value.
for (const button of all("button[name]")) {
  const { name, value } = button;
  on(button, "click", () => flip(name, value));
  tasks.push((get) => {
    button.ariaPressed = get(name) === value;
    button.closest("section").classList.toggle(value, get(name) === value);
  });
}
// Two lists that choose a pair of names, the same one all over the page.
const choose = (lists, names, first, show) => {
  lists.forEach((list, side) => {
    list.append(...names.map((text) => new Option(text)));
    on(list, "change", () => keep("ab"[side], list.value));
  });
  tasks.push((get) => {
    const pair = lists.map((list, side) => {
      const index = names.indexOf(get("ab"[side]));
      return (list.selectedIndex = index < 0 ? first[side] : index);
    });
    show(pair, get);
  });
};
// Puts what a cell holds into a button.
const press = (cell, act) => {
  const button = document.createElement("button");
  button.type = "button";
  button.append(...cell.childNodes);
  on(button, "click", act);
  cell.append(button);
};
