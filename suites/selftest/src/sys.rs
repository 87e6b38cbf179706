//! The one thing that safe code cannot do.

#![expect(unsafe_code, reason = "a segmentation fault is what the solver `segv` is for")]

/// Writes where nothing is mapped.
pub(crate) fn fault() {
    let nowhere = std::ptr::without_provenance_mut::<u8>(8);
    // SAFETY: none, on purpose: the first page is never mapped, so the process ends here by SIGSEGV.
    unsafe { nowhere.write_volatile(1) };
}
