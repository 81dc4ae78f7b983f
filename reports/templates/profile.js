// Switches charts between an axis from zero and one cut to the data.
for (const button of document.querySelectorAll("button.zoom")) {
  button.parentElement.hidden = false;
  button.addEventListener("click", () => {
    const [cut, whole] = button.closest("section").querySelectorAll(".zoomed, .whole");
    [cut.hidden, whole.hidden] = [!cut.hidden, cut.hidden];
    button.setAttribute("aria-pressed", whole.hidden);
  });
}

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
        const [rect, text, line] = ["rect", "text", "path"].map((tag) => group.querySelector(tag));
        const [x, y, width] = ["x", "y", "width"].map((name) => Number(rect.getAttribute(name)));
        return {
          group, rect, text, line,
          x, y, width: width + (width > 2.2 ? GAP : 0),
          name: group.firstChild.textContent.split(" · ")[0],
          short: group.dataset.n || (text ? text.textContent : ""),
        };
      }),
    })),
  }));
  let [shared, focus] = [false, ""];
  const put = (mark, values) => {
    for (const name in values) mark.setAttribute(name, values[name]);
  };

  // Where a lane is looked at: the widest frame of the function in focus, or all of it.
  const view = (lane) => {
    const own = lane.frames.filter((frame) => frame.name === focus);
    return own.sort((a, b) => b.width - a.width)[0] || { x: 0, width: lane.width, none: focus !== "" };
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
        const scale = chart.width / (shared ? at.width : widest);
        // A lane without the function in focus shows nothing.
        const most = at.none ? 0 : at.width * scale;
        for (const frame of lane.frames) {
          place(frame, (frame.x - at.x) * scale, frame.width * scale, most);
        }
      });
    }
  };

  const look = (name) => {
    focus = focus === name ? "" : name;
    draw();
  };
  const [find, share, whole, found] =
    ["find", "share", "whole", "found"].map((id) => document.getElementById(id));
  const search = () => {
    const wanted = find.value.trim().toLowerCase();
    const shares = [];
    for (const chart of charts) {
      chart.lanes.forEach((lane, side) => {
        let [sum, end] = [0, -1];
        for (const frame of lane.frames) {
          const hit = wanted && frame.name.toLowerCase().includes(wanted);
          frame.group.classList.toggle("dim", wanted !== "" && !hit);
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
      row.hidden = !row.cells[0].title.toLowerCase().includes(wanted);
    }
    found.textContent = wanted ? `Found in ${shares.join(", ")}` : "";
  };

  section.querySelector(".tools").hidden = false;
  find.addEventListener("input", search);
  share.addEventListener("click", () => {
    shared = !shared;
    share.setAttribute("aria-pressed", shared);
    draw();
  });
  whole.addEventListener("click", () => look(focus));
  for (const chart of charts) {
    for (const lane of chart.lanes) {
      for (const frame of lane.frames) frame.group.addEventListener("click", () => look(frame.name));
    }
  }
  for (const cell of section.querySelectorAll("tbody th")) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...cell.childNodes);
    cell.append(button);
    button.addEventListener("click", () => look(cell.title));
  }
})();
