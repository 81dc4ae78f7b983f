//! Names for places in files and in the kernel. The only file that knows blazesym.
//!
//! Names come from the ELF symbol tables, those of separate debug files first, and with inlines from
//! DWARF; those of stubs from `stubs.rs`. A place without a name is labelled with its file, so that nobody takes libc's nameless
//! frames for lost ones.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::Path;

use blazesym::helper::read_elf_build_id;
use blazesym::symbolize::source::{Elf, Kernel, Process, Source};
use blazesym::symbolize::{Input, Symbolized, Symbolizer};
use blazesym::{Addr, MaybeDefault, Pid};

use super::elf::{self, Image};
use super::processes::Place;
use super::stacks::Key;
use super::stubs::Stubs;
use super::vdso::{self, VDSO};

/// Where distributions keep the symbols of what they have stripped, as gdb and perf look for them.
const DEBUG_FILES: &str = "/usr/lib/debug/.build-id";

/// Looks up names; keeps what it has read of the files.
pub(super) struct Symbols {
    symbolizer: Symbolizer,
    inlines: bool,
    kernel: bool,
}

/// What a place is called: the function, and those inlined into it, outermost first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) frames: Vec<String>,
    /// Whether a symbol was found, or the frame is a mere label.
    pub(super) known: bool,
}

/// Names by place.
pub(super) type Names = BTreeMap<Place, Name>;

impl Symbols {
    pub(super) fn new(inlines: bool) -> Self {
        let symbolizer =
            Symbolizer::builder().enable_code_info(inlines).enable_inlined_fns(inlines).build();
        Self { symbolizer, inlines, kernel: kernel_tells_addresses() }
    }

    /// The names of all places of these stacks.
    pub(super) fn names<'k>(&self, keys: impl Iterator<Item = &'k Key>, files: &[String]) -> Names {
        let places: BTreeSet<Place> = keys.flat_map(|key| key.places.iter().copied()).collect();
        let mut by_file: BTreeMap<u32, Vec<u64>> = BTreeMap::new();
        let mut kernel = Vec::new();
        let mut names = Names::new();
        for place in places {
            match place {
                Place::File { file, offset } => by_file.entry(file).or_default().push(offset),
                Place::Kernel(address) => kernel.push(address),
                Place::Nowhere => {
                    names.insert(place, label("[unknown]".to_owned()));
                }
            }
        }
        for (file, offsets) in by_file {
            let path = files.get(file as usize).map_or("", String::as_str);
            let found = self.in_file(path, &offsets);
            let places = offsets.iter().map(|&offset| Place::File { file, offset });
            names.extend(places.zip(found));
        }
        let found = self.in_kernel(&kernel);
        names.extend(kernel.iter().map(|&address| Place::Kernel(address)).zip(found));
        names
    }

    fn in_file(&self, path: &str, offsets: &[u64]) -> Vec<Name> {
        let unnamed = || label(file_label(path));
        if path == VDSO {
            return self.in_vdso(offsets);
        }
        // Names such as `[heap]` and `//anon` are no files.
        if !path.starts_with('/') || path.starts_with("//") {
            return offsets.iter().map(|_| unnamed()).collect();
        }
        let mut elf = Elf::new(path);
        elf.debug_syms = self.inlines;
        let mut names = self.look_up(&Source::Elf(elf), Input::FileOffset(offsets), unnamed);
        // With inlines blazesym looks for these files itself, for their DWARF.
        let better = self.in_debug_file(path, offsets).filter(|_| !self.inlines);
        for (name, better) in names.iter_mut().zip(better.into_iter().flatten()) {
            if better.known {
                *name = better;
            }
        }
        let stubs = Image::open(path).and_then(|image| Stubs::read(&image));
        for (name, offset) in names.iter_mut().zip(offsets) {
            if let Some(stub) = stubs.as_ref().and_then(|stubs| stubs.at(*offset)) {
                *name = match &stub.function {
                    Some(function) => known(vec![format!("{}@plt", readable(function))]),
                    None => unnamed(),
                };
            }
        }
        names
    }

    /// The names that distributions strip off and keep in a file of their own, found by the build id
    /// (of libc most inner functions). Its symbol table alone is read; a debugger reads the rest.
    fn in_debug_file(&self, path: &str, offsets: &[u64]) -> Option<Vec<Name>> {
        let id = read_elf_build_id(path).ok()??;
        let id: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
        let debug = Path::new(DEBUG_FILES).join(id.get(..2)?).join(format!("{}.debug", &id[2..]));
        if !debug.exists() {
            return None;
        }
        // Nothing but symbols lies in that file, so that offsets mean nothing in it.
        let segments = Image::open(path)?.segments()?;
        let address = |offset: &u64| elf::address_of(&segments, *offset).unwrap_or(u64::MAX);
        let addresses: Vec<u64> = offsets.iter().map(address).collect();
        let mut elf = Elf::new(debug);
        elf.debug_syms = false;
        let unnamed = || label(file_label(path));
        Some(self.look_up(&Source::Elf(elf), Input::VirtOffset(&addresses), unnamed))
    }

    /// The names of the code that the kernel maps into every process, from this one's.
    fn in_vdso(&self, offsets: &[u64]) -> Vec<Name> {
        // OK because where this process has none, no mapping has kept that name.
        let start = vdso::own().map_or(0, |own| own.start);
        let addresses: Vec<Addr> = offsets.iter().map(|offset| start + offset).collect();
        let mut own = Process::new(Pid::Slf);
        (own.debug_syms, own.perf_map, own.map_files) = (false, false, false);
        let unnamed = || label(file_label(VDSO));
        self.look_up(&Source::Process(own), Input::AbsAddr(&addresses), unnamed)
    }

    fn in_kernel(&self, addresses: &[Addr]) -> Vec<Name> {
        let unnamed = || label("[kernel]".to_owned());
        if !self.kernel || addresses.is_empty() {
            return addresses.iter().map(|_| unnamed()).collect();
        }
        let kernel = Kernel { vmlinux: MaybeDefault::None, debug_syms: false, ..Kernel::default() };
        let mut names = self.look_up(&Source::Kernel(kernel), Input::AbsAddr(addresses), unnamed);
        // The suffix of perf's tools, by which viewers tell the kernel's frames.
        for frame in names.iter_mut().filter(|name| name.known).flat_map(|name| &mut name.frames) {
            frame.push_str("_[k]");
        }
        names
    }

    fn look_up(
        &self,
        source: &Source<'_>,
        input: Input<&[u64]>,
        unnamed: impl Fn() -> Name,
    ) -> Vec<Name> {
        let count = input.as_inner_ref().len();
        let Ok(found) = self.symbolizer.symbolize(source, input) else {
            return (0..count).map(|_| unnamed()).collect();
        };
        found
            .iter()
            .map(|one| match one {
                Symbolized::Sym(symbol) => {
                    let inlined = symbol.inlined.iter().map(|inlined| &*inlined.name);
                    let all = std::iter::once(&*symbol.name).chain(inlined);
                    known(all.map(readable).collect())
                }
                Symbolized::Unknown(_) => unnamed(),
            })
            .collect()
    }
}

fn known(frames: Vec<String>) -> Name {
    Name { frames, known: true }
}

fn label(text: String) -> Name {
    Name { frames: vec![text], known: false }
}

/// `[libc.so.6]` for a place in that file of which nobody knows more.
fn file_label(path: &str) -> String {
    let text = match path {
        "" => "unknown",
        "//anon" => "anonymous memory",
        path => Path::new(path).file_name().and_then(|name| name.to_str()).unwrap_or(path),
    };
    let text = text.trim_matches(['[', ']']).replace(';', ":");
    format!("[{text}]")
}

/// A function's name as a person writes it: Rust's mangling and hash taken off. `;` separates
/// frames, so it cannot stand in one; as in perf's own tools, `:` stands for it.
fn readable(symbol: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(symbol)).replace(';', ":")
}

/// Without the permission to see them, the kernel shows all its addresses as zero.
fn kernel_tells_addresses() -> bool {
    let Ok(file) = std::fs::File::open("/proc/kallsyms") else { return false };
    let mut line = String::new();
    let read = BufReader::new(file).read_line(&mut line);
    let address = line.split(' ').next().unwrap_or_default();
    read.is_ok() && address.bytes().any(|digit| digit != b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rust_names_lose_mangling_and_hash_and_semicolons() {
        let legacy = "_ZN10rayon_core4join12join_context17h0123456789abcdefE";
        assert_eq!(readable(legacy), "rayon_core::join::join_context");
        assert_eq!(readable("_RNvC6_123foo3bar"), "123foo::bar");
        assert_eq!(readable("memcpy"), "memcpy");
        assert_eq!(readable("<[u8; 4] as A>::b"), "<[u8: 4] as A>::b");
    }

    #[test]
    fn a_place_without_a_name_is_labelled_with_its_file() {
        assert_eq!(file_label("/usr/lib/x86_64-linux-gnu/libc.so.6"), "[libc.so.6]");
        assert_eq!(file_label("[vdso]"), "[vdso]");
        assert_eq!(file_label("//anon"), "[anonymous memory]");
        assert_eq!(file_label(""), "[unknown]");
        let symbols = Symbols::new(false);
        let file = "/nowhere/lib;x.so".to_owned();
        let key = Key {
            role: "main".to_owned(),
            places: vec![Place::Nowhere, Place::File { file: 0, offset: 7 }],
        };
        let names = symbols.names([&key].into_iter(), &[file]);
        let frames: Vec<_> = key.places.iter().map(|place| &names[place].frames[0]).collect();
        assert_eq!(frames, ["[unknown]", "[lib:x.so]"]);
        assert!(names.values().all(|name| !name.known));
    }
}
