//! Accepted kinds of file, and the form in which each is kept. Pure.

use std::io::Cursor;

use image::{
    DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits,
    codecs::{jpeg::JpegEncoder, png::PngEncoder},
    imageops::FilterType,
};

use crate::kernel::line;

/// Pictures with more pixels are not decoded.
const PIXELS: u64 = 40_000_000;
/// The longest side of a stored picture, in pixels.
const SIDE: u32 = 2400;

/// A file as it will be stored.
#[derive(Clone, Debug)]
pub struct Judged {
    pub name: String,
    pub mime: &'static str,
    pub bytes: Vec<u8>,
}

/// Judges a file by its content. Returns what to store, or why it is refused.
pub fn judge(file_name: &str, bytes: &[u8]) -> Result<Judged, String> {
    const KINDS: &str = "只能上传 jpg、png、webp 图片或 PDF。请核对文件内容，不要只改扩展名。";
    let kind = infer::get(bytes).map_or("", |kind| kind.mime_type());
    let (mime, kept) = match kind {
        "image/jpeg" => ("image/jpeg", picture(bytes, ImageFormat::Jpeg)?),
        "image/webp" => ("image/jpeg", picture(bytes, ImageFormat::WebP)?),
        "image/png" => ("image/png", picture(bytes, ImageFormat::Png)?),
        "application/pdf" => ("application/pdf", pdf(bytes)?),
        _ => return Err(KINDS.to_owned()),
    };
    Ok(Judged { name: name_of(file_name, mime), mime, bytes: kept })
}

/// The name without folders and unsafe characters, with the extension of the stored kind.
fn name_of(file_name: &str, mime: &str) -> String {
    let ending = match mime {
        "image/jpeg" => "jpg",
        "image/png" => "png",
        _ => "pdf",
    };
    let base = file_name.rsplit(['/', '\\']).next().unwrap_or_default();
    let base = base.rsplit_once('.').map_or(base, |(stem, _)| stem);
    let short: String = base.chars().filter(|c| !"\"<>:|?*;".contains(*c)).take(80).collect();
    let stem = line(&short, 1, 80).unwrap_or_else(|_| "附件".to_owned());
    format!("{stem}.{ending}")
}

/// Decodes a picture and encodes it again, upright and no larger than needed.
fn picture(bytes: &[u8], format: ImageFormat) -> Result<Vec<u8>, String> {
    let broken = |_| "这张图片打不开，可能没有传完整。请重新拍照或另存后再上传。".to_owned();
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(PIXELS * 8);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(broken)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > PIXELS {
        return Err(format!("图片有 {width}×{height} 个像素，太大了。请缩小到 4000 万像素以内再上传。"));
    }
    let turned = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(broken)?;
    picture.apply_orientation(turned);
    if picture.width().max(picture.height()) > SIDE {
        picture = picture.resize(SIDE, SIDE, FilterType::Triangle);
    }
    let mut out = vec![];
    let written = match format {
        ImageFormat::Png => picture.write_with_encoder(PngEncoder::new(&mut out)),
        _ => {
            DynamicImage::ImageRgb8(picture.into_rgb8()).write_with_encoder(JpegEncoder::new_with_quality(&mut out, 85))
        }
    };
    written.map_err(broken)?;
    Ok(out)
}

/// A PDF unchanged, if it is complete and contains nothing active.
fn pdf(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let has = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    let tail = &bytes[bytes.len().saturating_sub(2048)..];
    if !bytes.starts_with(b"%PDF-") || !tail.windows(5).any(|window| window == b"%%EOF") {
        return Err("这个 PDF 不完整，可能没有传完。请重新导出后再上传。".to_owned());
    }
    if [&b"/JavaScript"[..], b"/JS ", b"/JS(", b"/Launch", b"/EmbeddedFile"].iter().any(|active| has(active)) {
        return Err("这个 PDF 带有脚本或附件，不能上传。请用「打印到 PDF」另存一份再上传。".to_owned());
    }
    Ok(bytes.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        let mut out = Cursor::new(vec![]);
        DynamicImage::new_rgb8(width, height).write_to(&mut out, format).unwrap();
        out.into_inner()
    }

    /// A JPEG that carries its position, in an EXIF segment after its first marker.
    fn with_position() -> Vec<u8> {
        let mut jpeg = encoded(20, 10, ImageFormat::Jpeg);
        let exif = b"Exif\0\0II*\0\x08\0\0\0\0\0GPSLatitude 26.58 GPSLongitude 101.71";
        let mut segment = vec![0xff, 0xe1];
        segment.extend(u16::try_from(exif.len() + 2).unwrap().to_be_bytes());
        segment.extend(exif);
        jpeg.splice(2..2, segment);
        jpeg
    }

    #[test]
    fn a_picture_loses_where_it_was_taken() {
        let taken = with_position();
        assert!(String::from_utf8_lossy(&taken).contains("GPSLatitude"));
        let kept = judge("照片.JPEG", &taken).unwrap();
        assert!(!String::from_utf8_lossy(&kept.bytes).contains("GPS"));
        assert!(!String::from_utf8_lossy(&kept.bytes).contains("Exif"));
        assert_eq!((kept.name.as_str(), kept.mime), ("照片.jpg", "image/jpeg"));
    }

    #[test]
    fn what_hides_behind_a_picture_is_left_behind() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg] {
            let mut bytes = encoded(8, 8, format);
            bytes.extend(b"<script>alert(1)</script><?php system('x') ?>");
            let kept = judge("a.png", &bytes).unwrap().bytes;
            assert!(!kept.windows(7).any(|window| window == b"<script"));
        }
    }

    #[test]
    fn a_large_picture_is_made_smaller_and_a_huge_one_refused() {
        let kept = judge("a.png", &encoded(3000, 1000, ImageFormat::Png)).unwrap().bytes;
        assert_eq!(image::load_from_memory(&kept).unwrap().width(), SIDE);

        // The header of a PNG that claims 30000 × 30000.
        let mut bomb = encoded(1, 1, ImageFormat::Png);
        bomb[16..24].copy_from_slice(&[0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30]);
        let crc = bomb[12..29].iter().fold(u32::MAX, |mut crc, byte| {
            crc ^= u32::from(*byte);
            for _ in 0..8 {
                crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
            }
            crc
        });
        bomb[29..33].copy_from_slice(&(!crc).to_be_bytes());
        let why = judge("a.png", &bomb).unwrap_err();
        assert!(why.contains("太大") || why.contains("打不开"), "{why}");
    }

    #[test]
    fn only_what_its_content_says_is_allowed() {
        let pdf = b"%PDF-1.4\n1 0 obj\nendobj\ntrailer\n%%EOF\n";
        assert_eq!(judge("..\\..\\证书\u{202e}fdp.exe", pdf).unwrap().name, "证书fdp.pdf");
        let refused: [(&str, &[u8]); 8] = [
            ("a.jpg", b"<html><script>alert(1)</script></html>"),
            ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
            ("a.gif", b"GIF89a/*"),
            ("a.xlsm", b"PK\x03\x04"),
            ("a.pdf", b"%PDF-1.4\nno end"),
            ("b.pdf", b"%PDF-1.4 /JavaScript (x)\n%%EOF"),
            ("c.pdf", b"%PDF-1.4 /EmbeddedFile\n%%EOF"),
            ("a.png", b"\x89PNG\r\n\x1a\n"),
        ];
        for (name, bytes) in refused {
            assert!(judge(name, bytes).is_err(), "{name}");
        }
    }
}
