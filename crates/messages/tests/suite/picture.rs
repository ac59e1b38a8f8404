//! What a terminal of 80 columns shows, as a picture for the manual.

use bwdc_messages::line::{Line, Tone};
use std::fmt::Write as _;

const COLUMNS: usize = 80;
const ROWS: usize = 24;
/// Size of a character in pixels.
const WIDE: f32 = 8.4;
const HIGH: usize = 18;
const EDGE: usize = 12;

fn color(tone: Tone) -> &'static str {
    match tone {
        Tone::Plain | Tone::Strong => "#d7dae0",
        Tone::Faint => "#8b919c",
        Tone::Good => "#7ec98f",
        Tone::Warning => "#e0c16c",
        Tone::Bad => "#ec8e8e",
    }
}

/// The command and its answer; a dashed line stands below each screen.
pub(crate) fn picture(command: &str, answer: &[Line]) -> String {
    let prompt = Line::new(format!("$ {command}"), Tone::Faint);
    let lines = [&prompt].into_iter().chain(answer);
    let rows: Vec<(&str, Tone)> =
        lines.flat_map(|line| line.text.split('\n').map(|it| (it, line.tone))).collect();
    let width = (COLUMNS as f32).mul_add(WIDE, 2.0 * EDGE as f32).ceil();
    let height = rows.len() * HIGH + 2 * EDGE;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"14\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"#1f2228\"/>\n"
    );
    for (number, (text, tone)) in rows.iter().enumerate() {
        let y = EDGE + number * HIGH + HIGH - 5;
        if number > 0 && number % ROWS == 0 {
            // Writes into a String cannot fail.
            let above = EDGE + number * HIGH;
            let _ =
                writeln!(svg, "<path d=\"M0 {above}H{width}\" stroke=\"#555b66\" stroke-dasharray=\"4 6\"/>");
        }
        let bold = if *tone == Tone::Strong { " font-weight=\"bold\"" } else { "" };
        if !text.is_empty() {
            // Columns stay columns, whatever font there is.
            let length = text.chars().count() as f32 * WIDE;
            let (fill, text) = (color(*tone), escaped(text));
            let _ = writeln!(
                svg,
                "<text x=\"{EDGE}\" y=\"{y}\" fill=\"{fill}\"{bold} xml:space=\"preserve\" \
                 textLength=\"{length:.1}\">{text}</text>"
            );
        }
    }
    svg.push_str("</svg>\n");
    svg
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
