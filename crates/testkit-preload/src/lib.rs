//! A library for `LD_PRELOAD`: it wraps the calls by which a process makes files durable (`fsync`, `fdatasync`,
//! `rename`, `renameat`, `link`, `linkat`, `unlink`, `unlinkat`, `ftruncate`), counts them, and ends the process at one of them.
//!
//! | variable | meaning |
//! |---|---|
//! | `BROADSHEET_TEST_KILL_UNDER` | only calls on files below this directory count (required; an absolute path) |
//! | `BROADSHEET_TEST_KILL_AT` | the number of the call, from 1, at which the process gets SIGKILL; absent: it lives |
//! | `BROADSHEET_TEST_KILL_SIDE` | `before` (the call does not happen) or `after` it |
//! | `BROADSHEET_TEST_KILL_LOG` | a file that gets one line a call: its number, name and path |
//! | `BROADSHEET_TEST_SHADOW` | a directory that is kept as the disk would be after a power cut |
//! | `BROADSHEET_TEST_NAMES` | a directory for the second model of a power cut, below |
//! | `BROADSHEET_TEST_KILL_SOCKETS` | if set, what is sent on sockets counts too: each message to a database is a call |
//! | `BROADSHEET_TEST_FAIL_AT` | the number of the call that fails with EIO instead (syncs only) |
//!
//! The shadow holds, for each file, the bytes as of its latest successful sync, and names as of the latest rename or
//! unlink: the model of a file system that keeps names in order and forgets every byte that nobody synced. A file is
//! copied through the descriptor that was synced; opening and closing another one would drop SQLite's POSIX locks.
//!
//! The second model is as unkind as POSIX allows: a name lives once its directory was synced after it was made, and an
//! old name lives until then. It is kept in parts, from which `testkit` builds the disk after the death: `f/KEY` holds a
//! file's bytes as of its latest sync, `d/KEY` a directory's names as of its latest sync (each `KIND KEY NAME` and a NUL;
//! the kind is `f` or `d`), and `root` the key of the directory that is watched, once it was synced.
//!
//! It is compiled a second time by the build script of `testkit`, which needs the finished library's path; that it is
//! a crate of the workspace lets the lints see it.

// A wrapper of C functions is made of raw pointers and calls by address; there is no safe way to be one.
#![allow(unsafe_code)]

use std::ffi::{CStr, OsStr, c_char, c_int, c_void};
use std::fs::File;
use std::io::Write;
use std::mem::ManuallyDrop;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::os::unix::io::FromRawFd;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock};
use std::time::UNIX_EPOCH;

unsafe extern "C" {
    fn dlsym(handle: *mut c_void, symbol: *const c_char) -> *mut c_void;
    fn kill(process: c_int, signal: c_int) -> c_int;
    fn getpid() -> c_int;
    fn __errno_location() -> *mut c_int;
}

/// `RTLD_NEXT` of glibc: the next library's symbol, that is the real one.
const NEXT: *mut c_void = -1isize as *mut c_void;
const SIGKILL: c_int = 9;
const EIO: c_int = 5;
/// `AT_FDCWD` of Linux.
const CURRENT_DIRECTORY: c_int = -100;

/// What the environment asked for.
struct Order {
    under: PathBuf,
    kill_at: Option<u64>,
    after: bool,
    fail_at: Option<u64>,
    log: Option<PathBuf>,
    shadow: Option<PathBuf>,
    names: Option<PathBuf>,
    sockets: bool,
}

fn order() -> Option<&'static Order> {
    static ORDER: OnceLock<Option<Order>> = OnceLock::new();
    let read = || {
        let path = |name: &str| std::env::var_os(name).map(PathBuf::from);
        let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse().ok());
        Some(Order {
            under: path("BROADSHEET_TEST_KILL_UNDER")?,
            kill_at: number("BROADSHEET_TEST_KILL_AT"),
            after: std::env::var("BROADSHEET_TEST_KILL_SIDE").is_ok_and(|side| side == "after"),
            fail_at: number("BROADSHEET_TEST_FAIL_AT"),
            log: path("BROADSHEET_TEST_KILL_LOG"),
            shadow: path("BROADSHEET_TEST_SHADOW"),
            names: path("BROADSHEET_TEST_NAMES"),
            sockets: std::env::var_os("BROADSHEET_TEST_KILL_SOCKETS").is_some(),
        })
    };
    ORDER.get_or_init(read).as_ref()
}

/// One call at a time: the shadow must see calls in the order in which they happened.
fn turn() -> MutexGuard<'static, u64> {
    static CALLS: Mutex<u64> = Mutex::new(0);
    CALLS.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Ends this process as a power cut of its own would.
fn die() -> ! {
    // SAFETY: both calls take plain integers and touch no memory of ours.
    unsafe { kill(getpid(), SIGKILL) };
    // The signal may be delivered to another thread first; this one must do nothing more.
    loop {
        std::thread::park();
    }
}

/// Counts a message on a socket, and lets `real` send it.
fn sent(name: &str, descriptor: c_int, real: impl Fn() -> isize) -> isize {
    let Some(order) = order().filter(|order| order.sockets) else { return real() };
    let Some(socket) = of_descriptor(descriptor).filter(|path| path.to_string_lossy().starts_with("socket:"))
    else {
        return real();
    };
    let mut calls = turn();
    *calls += 1;
    if let Some(log) = &order.log {
        note(log, &format!("{} {name} {}\n", *calls, socket.display()));
    }
    if order.kill_at == Some(*calls) && !order.after {
        die();
    }
    let result = real();
    if order.kill_at == Some(*calls) {
        die();
    }
    result
}

/// Counts a call on `path`, lets `real` happen, and shows its success to `effect`.
fn counted(
    name: &str,
    path: Option<PathBuf>,
    real: impl Fn() -> c_int,
    effect: impl Fn(&Order, &Path),
) -> c_int {
    let (Some(order), Some(path)) = (order(), path) else { return real() };
    if !path.starts_with(&order.under) {
        return real();
    }
    let mut calls = turn();
    *calls += 1;
    if let Some(log) = &order.log {
        note(log, &format!("{} {name} {}\n", *calls, path.display()));
    }
    if order.fail_at == Some(*calls) && name.ends_with("sync") {
        // SAFETY: the address of this thread's errno is always valid to write.
        unsafe { *__errno_location() = EIO };
        return -1;
    }
    if order.kill_at == Some(*calls) && !order.after {
        die();
    }
    let result = real();
    if result == 0 {
        effect(order, &path);
    }
    if order.kill_at == Some(*calls) {
        die();
    }
    result
}

fn note(log: &Path, line: &str) {
    if let Ok(mut file) = File::options().append(true).create(true).open(log) {
        // The log only helps people; losing a line changes no result.
        let _ = file.write_all(line.as_bytes());
    }
}

fn in_shadow(order: &Order, path: &Path) -> Option<PathBuf> {
    Some(order.shadow.as_ref()?.join(path.strip_prefix(&order.under).ok()?))
}

/// A shadow that cannot be kept would let a test pass that proves nothing.
fn must<T>(what: &str, path: &Path, result: std::io::Result<T>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => {
            eprintln!("testkit-preload: {what} {}: {error}", path.display());
            std::process::abort();
        }
    }
}

/// The file's bytes or the directory's names are durable now.
fn keep(order: &Order, path: &Path, descriptor: c_int) {
    if let Some(names) = &order.names {
        keep_by_key(order, names, path, descriptor);
    }
    let Some(target) = in_shadow(order, path) else { return };
    if path.is_dir() {
        must("making", &target, std::fs::create_dir_all(&target));
        return;
    }
    if let Some(parent) = target.parent() {
        must("making", parent, std::fs::create_dir_all(parent));
    }
    copy(path, descriptor, &target);
}

/// What a file is, whatever its name: inodes are used again, so the time of making belongs to it.
fn key(data: &std::fs::Metadata) -> String {
    let made = data.created().ok().and_then(|made| made.duration_since(UNIX_EPOCH).ok());
    format!("{}-{}", data.ino(), made.map_or(0, |made| made.as_nanos()))
}

fn keep_by_key(order: &Order, names: &Path, path: &Path, descriptor: c_int) {
    // SAFETY: the caller holds the descriptor open for the length of its own call; it is borrowed, never closed.
    let file = ManuallyDrop::new(unsafe { File::from_raw_fd(descriptor) });
    let data = must("looking at", path, file.metadata());
    let (files, directories) = (names.join("f"), names.join("d"));
    must("making", &files, std::fs::create_dir_all(&files));
    must("making", &directories, std::fs::create_dir_all(&directories));
    if !data.is_dir() {
        return copy(path, descriptor, &files.join(key(&data)));
    }
    let mut listing = Vec::new();
    for entry in must("listing", path, std::fs::read_dir(path)) {
        let entry = must("listing", path, entry);
        // Another thread may have removed it since; then it is as if the sync had come later.
        let Ok(data) = entry.metadata() else { continue };
        let kind = if data.is_dir() { 'd' } else { 'f' };
        listing.extend_from_slice(format!("{kind} {} ", key(&data)).as_bytes());
        listing.extend_from_slice(entry.file_name().as_bytes());
        listing.push(0);
    }
    let target = directories.join(key(&data));
    must("writing", &target, std::fs::write(&target, listing));
    if path == order.under {
        let root = names.join("root");
        must("writing", &root, std::fs::write(&root, key(&data)));
    }
}

fn copy(path: &Path, descriptor: c_int, target: &Path) {
    // SAFETY: the caller holds the descriptor open for the length of its own call; it is borrowed, never closed.
    let source = ManuallyDrop::new(unsafe { File::from_raw_fd(descriptor) });
    let mut bytes = vec![0; 1 << 16];
    let mut copy = must("making", target, File::create(target));
    let mut offset = 0;
    // One opened for writing alone cannot be read through. Opening it anew is safe then: SQLite opens for both.
    let anew = match source.read_at(&mut bytes, 0) {
        Ok(_) => None,
        Err(_) => Some(must("opening", path, File::open(format!("/proc/self/fd/{descriptor}")))),
    };
    let source = anew.as_ref().unwrap_or(&source);
    loop {
        let count = must("reading", path, source.read_at(&mut bytes, offset));
        if count == 0 {
            return;
        }
        must("writing", target, copy.write_all(&bytes[..count]));
        offset += count as u64;
    }
}

fn of_descriptor(descriptor: c_int) -> Option<PathBuf> {
    std::fs::read_link(format!("/proc/self/fd/{descriptor}")).ok()
}

/// # Safety
/// `path` must be a C string, as the caller of a C function promises.
unsafe fn of_name(directory: c_int, path: *const c_char) -> Option<PathBuf> {
    // SAFETY: promised by the caller.
    let name = Path::new(OsStr::from_bytes(unsafe { CStr::from_ptr(path) }.to_bytes())).to_path_buf();
    if name.is_absolute() {
        return Some(name);
    }
    let base = if directory == CURRENT_DIRECTORY {
        std::env::current_dir().ok()?
    } else {
        of_descriptor(directory)?
    };
    Some(base.join(name))
}

/// The real function of that name, once looked up.
macro_rules! real {
    ($name:literal, $type:ty) => {{
        static REAL: OnceLock<usize> = OnceLock::new();
        let address = *REAL.get_or_init(|| {
            // SAFETY: the name is a C string; the result is only used as the function that it names.
            unsafe { dlsym(NEXT, concat!($name, "\0").as_ptr().cast()) as usize }
        });
        assert!(address != 0, concat!("libc has no ", $name));
        // SAFETY: libc's function of this name has this type.
        unsafe { std::mem::transmute::<usize, $type>(address) }
    }};
}

type OfDescriptor = unsafe extern "C" fn(c_int) -> c_int;
type OfPath = unsafe extern "C" fn(*const c_char) -> c_int;
type OfPaths = unsafe extern "C" fn(*const c_char, *const c_char) -> c_int;
type RenameAt = unsafe extern "C" fn(c_int, *const c_char, c_int, *const c_char) -> c_int;
type LinkAt = unsafe extern "C" fn(c_int, *const c_char, c_int, *const c_char, c_int) -> c_int;
type UnlinkAt = unsafe extern "C" fn(c_int, *const c_char, c_int) -> c_int;
type WriteBytes = unsafe extern "C" fn(c_int, *const c_void, usize) -> isize;
type WriteVector = unsafe extern "C" fn(c_int, *const c_void, c_int) -> isize;
type SendBytes = unsafe extern "C" fn(c_int, *const c_void, usize, c_int) -> isize;
type SendMessage = unsafe extern "C" fn(c_int, *const c_void, c_int) -> isize;
type Truncate = unsafe extern "C" fn(c_int, i64) -> c_int;

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fsync(descriptor: c_int) -> c_int {
    let real = real!("fsync", OfDescriptor);
    // SAFETY: the caller's promise is handed on; so below.
    let call = || unsafe { real(descriptor) };
    counted("fsync", of_descriptor(descriptor), call, |order, path| keep(order, path, descriptor))
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fdatasync(descriptor: c_int) -> c_int {
    let real = real!("fdatasync", OfDescriptor);
    // SAFETY: as above.
    let call = || unsafe { real(descriptor) };
    counted("fdatasync", of_descriptor(descriptor), call, |order, path| keep(order, path, descriptor))
}

fn renamed(order: &Order, from: &Path, to: Option<&Path>) {
    let Some(old) = in_shadow(order, from) else { return };
    match to.and_then(|to| in_shadow(order, to)) {
        // Its name arrived, its bytes never did: an empty file is what file systems leave.
        Some(new) if !old.exists() => {
            must("making", &new, File::create(&new));
        }
        Some(new) => must("renaming", &old, std::fs::rename(&old, &new)),
        None => removed(order, from),
    }
}

fn removed(order: &Order, path: &Path) {
    let Some(target) = in_shadow(order, path) else { return };
    if target.is_dir() {
        // Only an empty directory can go, and its files went one by one before it.
        let _ = std::fs::remove_dir(&target);
    } else if target.exists() {
        must("removing", &target, std::fs::remove_file(&target));
    }
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rename(from: *const c_char, to: *const c_char) -> c_int {
    let real = real!("rename", OfPaths);
    // SAFETY: as above.
    let (old, new) = unsafe { (of_name(CURRENT_DIRECTORY, from), of_name(CURRENT_DIRECTORY, to)) };
    // SAFETY: as above.
    counted("rename", old, || unsafe { real(from, to) }, |order, path| renamed(order, path, new.as_deref()))
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn renameat(
    from_directory: c_int,
    from: *const c_char,
    to_directory: c_int,
    to: *const c_char,
) -> c_int {
    let real = real!("renameat", RenameAt);
    // SAFETY: as above.
    let (old, new) = unsafe { (of_name(from_directory, from), of_name(to_directory, to)) };
    // SAFETY: as above.
    let call = || unsafe { real(from_directory, from, to_directory, to) };
    counted("renameat", old, call, |order, path| renamed(order, path, new.as_deref()))
}

fn linked(order: &Order, from: &Path, to: Option<&Path>) {
    let (Some(old), Some(new)) = (in_shadow(order, from), to.and_then(|to| in_shadow(order, to))) else {
        return;
    };
    if old.exists() {
        must("linking", &old, std::fs::hard_link(&old, &new));
    } else {
        must("making", &new, File::create(&new));
    }
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn link(from: *const c_char, to: *const c_char) -> c_int {
    let real = real!("link", OfPaths);
    // SAFETY: as above.
    let (old, new) = unsafe { (of_name(CURRENT_DIRECTORY, from), of_name(CURRENT_DIRECTORY, to)) };
    // SAFETY: as above.
    counted("link", old, || unsafe { real(from, to) }, |order, path| linked(order, path, new.as_deref()))
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn linkat(
    from_directory: c_int,
    from: *const c_char,
    to_directory: c_int,
    to: *const c_char,
    flags: c_int,
) -> c_int {
    let real = real!("linkat", LinkAt);
    // SAFETY: as above.
    let (old, new) = unsafe { (of_name(from_directory, from), of_name(to_directory, to)) };
    // SAFETY: as above.
    let call = || unsafe { real(from_directory, from, to_directory, to, flags) };
    counted("linkat", old, call, |order, path| linked(order, path, new.as_deref()))
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn unlink(path: *const c_char) -> c_int {
    let real = real!("unlink", OfPath);
    // SAFETY: as above.
    let name = unsafe { of_name(CURRENT_DIRECTORY, path) };
    // SAFETY: as above.
    counted("unlink", name, || unsafe { real(path) }, removed)
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn unlinkat(directory: c_int, path: *const c_char, flags: c_int) -> c_int {
    let real = real!("unlinkat", UnlinkAt);
    // SAFETY: as above.
    let name = unsafe { of_name(directory, path) };
    // SAFETY: as above.
    counted("unlinkat", name, || unsafe { real(directory, path, flags) }, removed)
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ftruncate(descriptor: c_int, length: i64) -> c_int {
    let real = real!("ftruncate", Truncate);
    // SAFETY: as above.
    counted("ftruncate", of_descriptor(descriptor), || unsafe { real(descriptor, length) }, |_, _| {})
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ftruncate64(descriptor: c_int, length: i64) -> c_int {
    let real = real!("ftruncate64", Truncate);
    // SAFETY: as above.
    counted("ftruncate64", of_descriptor(descriptor), || unsafe { real(descriptor, length) }, |_, _| {})
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn write(descriptor: c_int, bytes: *const c_void, count: usize) -> isize {
    let real = real!("write", WriteBytes);
    // SAFETY: as above.
    sent("write", descriptor, || unsafe { real(descriptor, bytes, count) })
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn writev(descriptor: c_int, slices: *const c_void, count: c_int) -> isize {
    let real = real!("writev", WriteVector);
    // SAFETY: as above.
    sent("writev", descriptor, || unsafe { real(descriptor, slices, count) })
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn send(descriptor: c_int, bytes: *const c_void, count: usize, flags: c_int) -> isize {
    let real = real!("send", SendBytes);
    // SAFETY: as above.
    sent("send", descriptor, || unsafe { real(descriptor, bytes, count, flags) })
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sendmsg(descriptor: c_int, message: *const c_void, flags: c_int) -> isize {
    let real = real!("sendmsg", SendMessage);
    // SAFETY: as above.
    sent("sendmsg", descriptor, || unsafe { real(descriptor, message, flags) })
}
