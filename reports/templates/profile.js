// The two lanes of profiles: which cases, which function, which scale and what is looked for.
if ($("profile-data")) {
  const { unit, pair, names, short, sides, changes } = JSON.parse($("profile-data").textContent);
  const section = $("profile");
  const WORDS = ["less", "more", "vanished", "new"];
  const number = (cost) => !cost ? "–" : Math.abs(cost) < 100 ? cost.toPrecision(3) : cost.toFixed();
  const percent = (share) => (100 * share).toPrecision(share < 0.1 ? 2 : 3) + " %";
  const make = (parent, tag, values, text = "") => {
    const made = document.createElementNS(parent.namespaceURI, tag);
    for (const key in values) made.setAttribute(key, values[key]);
    made.textContent = text;
    parent.append(made);
    return made;
  };
  const fit = (text, room) => room >= text.length ? text : room > 3 ? text.slice(0, room - 1) + "…" : "";
  // What frames cost together: they come before what they call, which counts with them.
  const topmost = (frames) => {
    let [sum, end] = [0, 0];
    for (const [, , x, cost] of frames) if (x + cost / 2 > end) [sum, end] = [sum + cost, x + cost];
    return sum;
  };

  const frame = (lane, what, change, x, y, width) => {
    const role = (change > 1 ? "s-" : "f-") + (change === undefined ? "same" : WORDS[change & 1]);
    // Wide frames are drawn narrower than they are, so that neighbours stand apart.
    const inside = width > 3 ? width - 0.8 : width;
    make(lane, "rect", { x, y, width: inside, class: role });
    if (change > 1) make(lane, "path", { d: `M${x} ${y + 7.5}h${inside}`, class: role });
    const label = fit(short[what], (width - 6) / 6.8);
    if (label) make(lane, "text", { x: x + 3, y: y + 11.5, class: "f-ink" }, label);
    on(lane, "click", () => flip("z", names[what]));
  };

  let drawn;
  choose([$("pa"), $("pb")], sides.map((side) => side.name), pair, ([a, b], get) => {
    const [focus, shared, word] = ["z", "p", "find"].map(get);
    // The state may have changed in what is not drawn here.
    if (drawn === (drawn = [a, b, focus, shared, word].join())) return;
    const hits = names.map((name) => name.toLowerCase().includes(word.toLowerCase()));
    const two = [sides[a], sides[b]];
    // What happened to each function, largest difference first.
    const list = changes[Math.max(a, b)][Math.min(a, b)] || [];
    const told = new Map(list.map(([what, change]) => [what, change ^ (a > b)]));
    // Where a lane is looked at: all of it, or the widest frame of the function in focus. A lane
    // without that one shows nothing.
    const views = two.map((side) => {
      const own = side.frames.filter(([, what]) => names[what] === focus);
      return own.sort((one, other) => other[3] - one[3])[0] || [0, 0, 0, focus ? 0 : side.total];
    });
    const widest = Math.max(...views.map((one) => one[3]));
    for (const svg of all("svg.chart", section)) {
      const room = svg.viewBox.baseVal.width;
      let top = 0;
      svg.replaceChildren();
      two.forEach((side, index) => {
        const [, , from, wide] = views[index];
        // One scale for both, unless shares are key for: then each fills the width.
        const scale = room / (shared ? wide : widest);
        const hidden = [];
        let deepest = 0;
        const total = `${number(side.total)} ${unit}`;
        const title = fit(`${"AB"[index]}: ${side.title}`, room / 8 - total.length);
        make(svg, "text", { y: top + 12, class: "f-ink lane-name" }, title);
        make(svg, "text", { x: room, y: top + 12, class: "f-muted", "text-anchor": "end" }, total);
        for (const one of side.frames) {
          const [depth, what, start, cost] = one;
          const x = Math.max((start - from) * scale, 0);
          const width = Math.min(start - from + cost, wide) * scale - x;
          if (!(width > 0)) continue;
          // Those without a name are several that the page does not have.
          if (what < 0 || width < 1) {
            hidden.push(one);
            continue;
          }
          deepest = Math.max(deepest, depth);
          const group = make(svg, "g", { class: hits[what] ? "fr" : "fr dim" });
          make(group, "title", {}, `${names[what]} · ${number(cost)} ${unit} here (${percent(cost / side.total)}); everywhere ${["after", "before"][index]}: ${number(two[1 - index].costs[what])}`);
          frame(group, what, told.get(what), x, top + 24 + 16 * depth, width);
        }
        top += 16 * deepest + 54;
        const count = hidden.reduce((sum, one) => sum + (one[4] || 1), 0);
        if (count) {
          const text = `frames not drawn: ${count}, ${percent(topmost(hidden) / wide)} of the lane`;
          make(svg, "text", { y: top, class: "f-muted" }, text);
          top += 18;
        }
      });
      svg.setAttribute("viewBox", `0 0 ${room} ${top}`);
      svg.setAttribute("height", top);
    }
    const body = section.querySelector("tbody");
    body.replaceChildren();
    for (const [what, change] of [...told].slice(0, 20)) {
      const row = make(body, "tr");
      row.hidden = !hits[what];
      const [x, y] = two.map((side) => side.costs[what]);
      press(make(row, "th", { scope: "row", title: names[what] }, short[what]), () => flip("z", names[what]));
      for (const text of [number(x), number(y), (y > x ? "+" : "") + number(y - x), WORDS[change]]) {
        make(row, "td", { class: "number" }, text.replace("-", "−"));
      }
    }
    const shares = two.map((side, index) =>
      `${"AB"[index]} ${percent(topmost(side.frames.filter(([, what]) => hits[what])) / side.total)}`);
    $("found").textContent = word && `Found in ${shares.join(", ")}`;
  });
  field("find");
  on($("whole"), "click", () => keep("z"));
}
