//! The report in a real browser, where there is a chromium: no error, no violation, no overflow.
//!
//! Without one the tests say so and pass, unless `CI` is set. They drive it by its command line
//! alone: a page is opened, its scripts run, and what it has become is read back.

use std::path::{Path, PathBuf};
use std::process::Command;

use reports::RunSet;

use crate::fixture;
use crate::history;
use crate::page::{hostile_set, page};

/// What a browser made of a page.
struct Visit {
    /// The document after its scripts have run.
    dom: String,
    /// What stands in the console: messages, errors, violations of the policy.
    console: Vec<String>,
}

pub(crate) fn chromium() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let found = std::env::split_paths(&path)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|program| program.is_file());
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "no chromium, and CI is set");
        println!("skipped: no chromium");
    }
    found
}

fn visit(chromium: &Path, html: &str, flags: &[&str]) -> Visit {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.html");
    std::fs::write(&file, html).unwrap();
    let output = Command::new(chromium)
        .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--enable-logging=stderr", "--v=0", "--virtual-time-budget=2000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .args(flags)
        .arg(format!("file://{}", file.display()))
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{log}");
    Visit {
        dom: String::from_utf8_lossy(&output.stdout).into_owned(),
        console: log.lines().filter(|line| line.contains("CONSOLE")).map(str::to_owned).collect(),
    }
}

fn sets() -> [(&'static str, RunSet); 6] {
    [
        ("study", fixture::study_set()),
        ("grid", fixture::grid_set()),
        ("hostile", hostile_set()),
        ("history", history::five()),
        ("panels", history::two_cases()),
        ("profiled", fixture::profiled()),
    ]
}

/// The page with its policy taken out and a script of ours put in, which may look around.
fn probed(set: &RunSet, script: &str) -> String {
    let html = page(set);
    let from = html.find("<meta http-equiv").unwrap();
    let to = from + html[from..].find('\n').unwrap();
    let open = [&html[..from], &html[to..]].concat();
    open.replace("</body>", &format!("<script>{script}</script></body>"))
}

/// What a probe has left in the attribute `data-probe` of the root.
fn probe(chromium: &Path, set: &RunSet, script: &str, flags: &[&str]) -> String {
    let script = format!("document.documentElement.dataset.probe = (() => {{ {script} }})();");
    let visit = visit(chromium, &probed(set, &script), flags);
    assert_eq!(visit.console, Vec::<String>::new());
    let after = visit.dom.split("data-probe=\"").nth(1).unwrap();
    after.split('"').next().unwrap().to_owned()
}

#[test]
fn pages_open_without_an_error_or_a_violation_and_their_script_runs() {
    let Some(chromium) = chromium() else { return };
    for (name, set) in sets() {
        let html = page(&set);
        // Kept, so that a person can look at it too.
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.html"));
        std::fs::write(file, &html).unwrap();
        let visit = visit(&chromium, &html, &[]);
        assert_eq!(visit.console, Vec::<String>::new(), "{name}");
        assert!(
            visit.dom.contains("<th scope=\"col\" class=\"text\"><button type=\"button\">"),
            "{name}"
        );
        assert!(!visit.dom.contains("<p class=\"tools\" hidden"), "{name}");
    }
}

#[test]
fn a_violation_of_the_policy_would_be_seen() {
    let Some(chromium) = chromium() else { return };
    let html = page(&fixture::study_set());
    let tampered = html.replace("</body>", "<script>document.title = 'mine'</script></body>");
    let visit = visit(&chromium, &tampered, &[]);
    assert!(visit.console.iter().any(|line| line.contains("Content Security Policy")));
    assert!(!visit.dom.contains("<title>mine</title>"));
}

#[test]
fn without_javascript_everything_is_there_and_no_dead_button() {
    let Some(chromium) = chromium() else { return };
    // The document can only be read back where scripts may run, so it is the policy that stops ours.
    let html = page(&fixture::study_set());
    let visit =
        visit(&chromium, &html.replace("script-src 'sha256-", "script-src 'sha256-no"), &[]);
    assert!(visit.console.iter().any(|line| line.contains("script-src")), "{:?}", visit.console);
    // Keys and theme, the interval of the trend and the cut of the box plots, all in what is hidden.
    let hidden = "<p class=\"tools\" hidden=\"\">";
    let tools = visit.dom.split(hidden).skip(1).map(|rest| rest.split("</p>").next().unwrap());
    let buttons: usize = tools.map(|tool| tool.matches("<button").count()).sum();
    assert_eq!((buttons, visit.dom.matches("<button").count()), (4, 4));
    // Trend, effort, noise (from zero and cut) and steadiness, each in two widths.
    assert_eq!(visit.dom.matches("<svg class=\"chart").count(), 10);
    assert_eq!(visit.dom.matches("<tr id=\"case-").count(), 13);
}

#[test]
fn headers_sort_and_a_second_click_reverses() {
    let Some(chromium) = chromium() else { return };
    let order = "const ids = () => [...document.querySelectorAll('#cases tbody tr')]\
                 .map((row) => row.id.slice(5)).join(' ');\
                 const head = document.querySelectorAll('#cases th')[1];\
                 const button = head.querySelector('button');";
    let script = format!(
        "{order} button.click(); const up = ids() + head.getAttribute('aria-sort');\
         button.click(); return up + '|' + ids() + head.getAttribute('aria-sort');"
    );
    let found = probe(&chromium, &fixture::study_set(), &script, &[]);
    let up = "13 12 11 9 8 7 10 6 5 4 3 2 1";
    let down: Vec<&str> = up.rsplit(' ').collect();
    assert_eq!(found, format!("{up}ascending|{}descending", down.join(" ")));
    // Failed cases stay at the end either way.
    let found = probe(&chromium, &fixture::grid_set(), &script, &[]);
    assert_eq!(found, "4 1 2 3ascending|1 4 2 3descending");
}

#[test]
fn no_page_scrolls_sideways_and_no_text_is_too_small_to_read() {
    let Some(chromium) = chromium() else { return };
    for width in [320, 768, 1440] {
        // A window cannot be as narrow as a phone, a frame can.
        let script = format!(
            "const html = document.documentElement.outerHTML;\
             if (self !== top) return '';\
             const frame = document.createElement('iframe');\
             frame.width = {width}; frame.height = 900;\
             frame.srcdoc = html.replace(/<script>[^]*?<\\/script>/g, '');\
             document.body.replaceChildren(frame);\
             document.documentElement.dataset.probe = 'waiting';\
             frame.onload = () => {{\
               const page = frame.contentDocument;\
               const root = page.documentElement;\
               const small = [...page.querySelectorAll('svg text')]\
                 .map((text) => text.getBoundingClientRect().height)\
                 .filter((height) => height > 0 && height < 9).length;\
               const out = [...page.querySelectorAll('svg text')].filter((text) => {{\
                 const own = text.getBoundingClientRect();\
                 const all = text.ownerSVGElement.getBoundingClientRect();\
                 return own.width && (own.left < all.left - 1 || own.right > all.right + 1);\
               }}).length;\
               document.documentElement.dataset.probe =\
                 `${{root.scrollWidth - root.clientWidth}} ${{small}} ${{out}}`;\
             }}; return 'waiting';"
        );
        for (name, set) in sets() {
            let found = probe(&chromium, &set, &script, &["--window-size=1600,1000"]);
            assert_eq!(found, "0 0 0", "{name} at {width}: overflow, small texts, texts outside");
        }
    }
}

#[test]
fn themes_follow_the_system_and_the_button() {
    let Some(chromium) = chromium() else { return };
    let script = "const paper = () => getComputedStyle(document.documentElement).backgroundColor;\
                  const data = () => getComputedStyle(document.querySelector('.f-data')).fill;\
                  const before = paper() + data();\
                  document.getElementById('theme').click();\
                  return before + '|' + paper() + data();";
    let (light, dark) = ("rgb(255, 255, 255)rgb(0, 103, 168)", "rgb(20, 23, 27)rgb(92, 179, 240)");
    let set = fixture::study_set();
    let scheme = |number: u32| format!("--blink-settings=preferredColorScheme={number}");
    assert_eq!(probe(&chromium, &set, script, &[&scheme(1)]), format!("{light}|{dark}"));
    assert_eq!(probe(&chromium, &set, script, &[&scheme(0)]), format!("{dark}|{light}"));
}

#[test]
fn lanes_zoom_and_search_together_and_keep_one_scale() {
    let Some(chromium) = chromium() else { return };
    // Widths of the frames of one function in both wide lanes, and whether they are shown.
    let look = "const look = (name) => [...document.querySelectorAll('svg.wide .fr')]\
                .filter((one) => one.firstChild.textContent.startsWith(name + ' '))\
                .map((one) => Number(one.querySelector('rect').getAttribute('width')).toFixed(0)).join(' ');\
                const click = (id) => document.getElementById(id).click();\
                const find = document.getElementById('find');";
    let script = format!(
        "{look} const told = [look('app::draw')];\
         document.querySelectorAll('#profile tbody th button')[1].click();\
         told.push(look('app::draw'), look('writer'));\
         click('share'); told.push(look('app::draw'));\
         click('whole'); click('share'); told.push(look('app::draw'));\
         find.value = 'TREE'; find.dispatchEvent(new Event('input'));\
         told.push(document.getElementById('found').textContent,\
           document.querySelectorAll('svg.wide .fr.dim').length,\
           [...document.querySelectorAll('#profile tbody tr')].filter((row) => !row.hidden).length);\
         return told.join('|');"
    );
    let found = probe(&chromium, &fixture::profiled(), &script, &[]);
    let expect = "582 232|819 327||819 819|582 232|Found in A 49.8 %, B 0.0 %|13|1";
    assert_eq!(found, expect);
}

#[test]
fn the_script_tells_what_it_does_not_draw() {
    let Some(chromium) = chromium() else { return };
    let script = "const told = () => [...document.querySelectorAll('#profile svg.wide > text')]\
                    .map((text) => text.textContent).filter((text) => text.startsWith('frames'))\
                    .join('+');\
                  const work = [...document.querySelectorAll('#profile svg.wide .fr')]\
                    .find((one) => one.textContent.startsWith('work '));\
                  const all = told();\
                  work.dispatchEvent(new Event('click'));\
                  return all + '|' + told();";
    let found = probe(&chromium, &crate::profiles::dust(), script, &[]);
    // The first lane alone hides something, and nothing of it within the function in focus.
    assert_eq!(found, "frames not drawn: 200, 1.0 % of the lane|");
}

#[test]
fn a_button_cuts_the_axis_to_the_data_and_gives_it_back() {
    let Some(chromium) = chromium() else { return };
    let near = [("00", 100.0), ("01", 104.0), ("02", 102.0)].map(|(id, time)| {
        let case = fixture::step(id, "");
        (case.clone(), fixture::samples(&case, &fixture::spread(time, 6, 1)))
    });
    let script = "const all = [...document.querySelectorAll('#trend .whole, #trend .zoomed')];\
                  const shown = () => all.filter((one) => one.offsetHeight > 0)\
                    .map((one) => one.className).join(' ');\
                  const button = document.querySelector('#trend button[value=zoom]');\
                  const told = [shown()];\
                  button.click(); told.push(shown(), button.getAttribute('aria-pressed'));\
                  button.click(); told.push(shown(), button.getAttribute('aria-pressed'));\
                  return told.join('|');";
    let found = probe(&chromium, &fixture::set(near.into()), script, &[]);
    assert_eq!(found, "whole|zoomed|true|whole|false");
}

#[test]
fn a_button_shows_intervals_of_medians_in_place_of_ranges() {
    let Some(chromium) = chromium() else { return };
    let script = "const all = [...document.querySelectorAll('#trend .range, #trend .interval')];\
                  const shown = () => all.filter((one) => one.getBoundingClientRect().height > 0)\
                    .map((one) => one.tagName + '.' + one.classList[one.classList.length - 1]).join(' ');\
                  const button = document.querySelector('#trend button[name=band]');\
                  const told = [shown()];\
                  button.click(); told.push(shown(), location.hash);\
                  button.click(); told.push(shown());\
                  return told.join('|');";
    let found = probe(&chromium, &fixture::study_set(), script, &["--window-size=1600,1000"]);
    assert_eq!(found, "P.range g.range|P.interval g.interval|#band=interval|P.range g.range");
}

#[test]
fn a_question_mark_shows_the_keys_but_not_in_a_field() {
    let Some(chromium) = chromium() else { return };
    let script = "const keys = document.getElementById('keys');\
                  const press = (target) => {\
                    target.dispatchEvent(new KeyboardEvent('keydown', { key: '?', bubbles: true }));\
                    return keys.matches(':popover-open');\
                  };\
                  const body = document.body;\
                  return [press(document.getElementById('q')), press(body), press(body)].join();";
    let found = probe(&chromium, &fixture::study_set(), script, &[]);
    assert_eq!(found, "false,true,false");
}
