//! A ZIP file that is taken away piece by piece while it is written.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use time::OffsetDateTime;
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, DateTime, ZipWriter};

/// ZIP file in progress. It keeps what has not been taken yet, and the directory of its files.
pub(super) struct Archive {
    zip: ZipWriter<StreamWriter<Written>>,
    written: Written,
    /// Time of all files.
    began_at: DateTime,
}

/// Bytes that have been written and not taken yet.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A poisoned lock is usable: nothing panics while holding it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Archive {
    /// Starts a file.
    pub(super) fn new() -> Self {
        let written = Written::default();
        Self { zip: ZipWriter::new_stream(written.clone()), written, began_at: zip_time(OffsetDateTime::now_utc()) }
    }

    /// Begins a file in it, and ends the one before.
    pub(super) fn begin(&mut self, name: &str) -> anyhow::Result<()> {
        // The size is not known before the end, and may be more than the 4 GiB of the original format.
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).large_file(true);
        let options = options.last_modified_time(self.began_at);
        self.zip.start_file(name, options).context("beginning a file of an export")
    }

    /// Appends to the file that was begun last.
    pub(super) fn write(&mut self, text: &str) -> anyhow::Result<()> {
        self.zip.write_all(text.as_bytes()).context("writing a file of an export")
    }

    /// Writes the directory. Nothing can be written after it.
    pub(super) fn finish(&mut self) -> anyhow::Result<()> {
        let next = ZipWriter::new_stream(Written::default());
        std::mem::replace(&mut self.zip, next).finish().map(drop).context("finishing an export")
    }

    /// Takes what has been written since the last call.
    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut *self.written.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Converts a time. The format has no time zone, and no time before 1980 or after 2107.
fn zip_time(at: OffsetDateTime) -> DateTime {
    let year = u16::try_from(at.year()).unwrap_or_default();
    let (month, day, (hour, minute, second)) = (u8::from(at.month()), at.day(), at.time().as_hms());
    DateTime::from_date_and_time(year, month, day, hour, minute, second).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use super::*;

    #[test]
    fn an_archive_of_any_size_keeps_no_more_than_its_last_page() {
        let mut archive = Archive::new();
        let (mut file, mut kept_max, mut text_len) = (Vec::new(), 0, 0);
        archive.begin("conversations/1.json").expect("a file");
        // Random ids hardly compress.
        for _ in 0..2_000 {
            let page: String = (0..100).map(|_| uuid::Uuid::new_v4().to_string()).collect();
            archive.write(&page).expect("written");
            text_len += page.len();
            let part = archive.take();
            kept_max = kept_max.max(part.capacity());
            file.extend(part);
        }
        archive.begin("index.html").expect("a file");
        archive.write("<p>The end").expect("written");
        archive.finish().expect("finished");
        file.extend(archive.take());
        assert!(kept_max < 128 * 1024, "{kept_max} bytes kept of {}", file.len());
        let mut zip = zip::ZipArchive::new(Cursor::new(file)).expect("a ZIP file");
        let mut read = |name: &str| {
            let mut text = String::new();
            zip.by_name(name).expect("a file").read_to_string(&mut text).expect("text, and a valid checksum");
            text
        };
        assert_eq!(read("conversations/1.json").len(), text_len);
        assert_eq!(read("index.html"), "<p>The end");
    }
}
