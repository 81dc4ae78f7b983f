// Zooms and searches the two lanes of profiles. They are complete without it.
(() => {
  "use strict";
  const section = document.getElementById("profile");
  if (!section) return;
  // Wide frames are drawn narrower than they are, so that neighbours stand apart.
  const GAP = 0.8;
  const charts = [...section.querySelectorAll("svg.chart")].map((svg) => ({
    width: svg.viewBox.baseVal.width,
    lanes: [...svg.querySelectorAll(".lane")].map((lane) => ({
      width: Number(lane.dataset.width),
      frames: [...lane.querySelectorAll(".fr")].map((group) => {
        const [rect, text] = [group.querySelector("rect"), group.querySelector("text")];
        const width = Number(rect.getAttribute("width"));
        return {
          group, rect, text, line: group.querySelector("path"),
          x: Number(rect.getAttribute("x")), width: width + (width > 2.2 ? GAP : 0),
          y: Number(rect.getAttribute("y")),
          name: group.firstChild.textContent.split(" · ")[0],
          short: group.dataset.n || (text ? text.textContent : ""),
        };
      }),
    })),
  }));
  const state = { share: false, focus: "" };
  const put = (mark, values) => {
    for (const name in values) mark.setAttribute(name, values[name]);
  };

  // Where a lane is looked at: the widest frame of the function in focus, or all of it.
  const view = (lane) => {
    const own = lane.frames.filter((frame) => frame.name === state.focus);
    const widest = own.reduce((a, b) => (a && a.width >= b.width ? a : b), null);
    return widest || { x: 0, width: lane.width, none: state.focus !== "" };
  };

  const place = (frame, x, width, most) => {
    const from = Math.max(x, 0);
    const shown = Math.min(x + width, most) - from;
    frame.group.style.display = shown > 0.3 ? "" : "none";
    if (shown <= 0.3) return;
    const inside = shown > 3 ? shown - GAP : shown;
    put(frame.rect, { x: from, width: inside });
    if (frame.line) put(frame.line, { d: `M${from} ${frame.y + 7.5}h${inside}` });
    const letters = Math.floor((shown - 6) / 6.2);
    let label = frame.short;
    if (letters < label.length) label = letters > 3 ? label.slice(0, letters - 1) + "…" : "";
    if (label && !frame.text) {
      frame.text = document.createElementNS(frame.rect.namespaceURI, "text");
      frame.group.append(frame.text);
    }
    if (!frame.text) return;
    put(frame.text, { x: from + 3, y: frame.y + 11.5, "font-size": 11, class: "f-ink" });
    frame.text.textContent = label;
  };

  const draw = () => {
    for (const chart of charts) {
      const views = chart.lanes.map(view);
      const found = views.filter((one) => !one.none);
      const widest = Math.max(...(found.length ? found : views).map((one) => one.width));
      chart.lanes.forEach((lane, side) => {
        const at = views[side];
        // One scale for both, unless shares are asked for: then each fills the width.
        const scale = chart.width / (state.share ? at.width : widest);
        // A lane without the function in focus shows nothing.
        const most = at.none ? 0 : at.width * scale;
        for (const frame of lane.frames) {
          place(frame, (frame.x - at.x) * scale, frame.width * scale, most);
        }
      });
    }
  };

  const focus = (name) => {
    state.focus = state.focus === name ? "" : name;
    draw();
  };
  const find = document.getElementById("find");
  const found = document.getElementById("found");
  const search = () => {
    const wanted = find.value.trim().toLowerCase();
    const shares = [];
    for (const chart of charts) {
      chart.lanes.forEach((lane, side) => {
        let [sum, end] = [0, -1];
        for (const frame of lane.frames) {
          const hit = wanted && frame.name.toLowerCase().includes(wanted);
          frame.group.classList.toggle("dim", Boolean(wanted) && !hit);
          // Frames come before what they call, so a frame within a hit counts with it.
          if (hit && frame.x + 0.05 >= end) {
            sum += frame.width;
            end = frame.x + frame.width;
          }
        }
        if (chart === charts[0]) shares[side] = `${"AB"[side]} ${(100 * sum / lane.width).toFixed(1)} %`;
      });
    }
    for (const row of section.querySelectorAll("tbody tr")) {
      row.hidden = Boolean(wanted) && !row.cells[0].title.toLowerCase().includes(wanted);
    }
    found.textContent = wanted ? `Found in ${shares.join(", ")}` : "";
  };

  section.querySelector(".tools").hidden = false;
  find.addEventListener("input", search);
  const share = document.getElementById("share");
  share.addEventListener("click", () => {
    state.share = !state.share;
    share.setAttribute("aria-pressed", state.share);
    draw();
  });
  document.getElementById("whole").addEventListener("click", () => focus(state.focus));
  for (const chart of charts) {
    for (const lane of chart.lanes) {
      for (const frame of lane.frames) frame.group.addEventListener("click", () => focus(frame.name));
    }
  }
  for (const cell of section.querySelectorAll("tbody th")) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...cell.childNodes);
    cell.append(button);
    button.addEventListener("click", () => focus(cell.title));
  }
})();
