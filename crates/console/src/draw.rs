//! Draws a screen on a frame. Nothing here decides anything.
//!
//! From the top: title, what stands above the list, the list, what is said of the chosen row, what is asked, what came of the
//! last key, the keys. What is asked and the keys are never left out; the list gives way first.

use crate::screen::{Input, Line, List, Row, Screen, Tone};
use crate::width::{columns, cut, wrapped};
use bwdc_messages::foreign::fit_in_a_line;
use bwdc_messages::text;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Modifier, Style};

/// The smallest window in which a screen can be read.
pub const SMALLEST: (u16, u16) = (60, 16);

/// Whether colors may be used. Everything can be read without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colors {
    /// The sixteen of every terminal.
    Sixteen,
    /// None: bold, faint and reversed only.
    None,
}

impl Colors {
    fn of(self, tone: Tone) -> Style {
        let style = Style::new();
        let colored = |color| if self == Self::Sixteen { style.fg(color) } else { style };
        match tone {
            Tone::Plain => style,
            Tone::Strong => style.add_modifier(Modifier::BOLD),
            Tone::Faint => style.add_modifier(Modifier::DIM),
            Tone::Good => colored(Color::Green),
            Tone::Warning => colored(Color::Yellow),
            Tone::Bad => colored(Color::Red).add_modifier(Modifier::BOLD),
        }
    }
}

/// Draws a screen; gives where the cursor stands, where there is one.
pub fn draw(screen: &Screen<'_>, buffer: &mut Buffer, colors: Colors) -> Option<Position> {
    let area = buffer.area;
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        too_small(buffer, area);
        return None;
    }
    let mut pen = Pen { buffer, colors, left: area.x + 1, room: area.width - 2 };
    let (mut top, mut bottom) = (area.y, area.bottom());
    pen.bar(top, area, &screen.title);
    top += 2;
    bottom = pen.hints(bottom, screen);
    bottom = pen.block_above(bottom, &notes(screen), 4);
    let mut cursor = None;
    if let Some(input) = screen.input.as_ref().filter(|_| screen.list.is_some()) {
        let (above, place) = pen.input(bottom, input);
        (bottom, cursor) = (above, Some(place));
    }
    let height = bottom.saturating_sub(top);
    let question = pen.lines(&screen.question.clone().into_iter().collect::<Vec<_>>());
    // The rows of the list come before what stands above it, up to a half of the window.
    let of_list = screen.list.as_ref().map_or(0, |it| it.total.min(usize::from(height / 2)) + 1);
    let taken = of_list + if question.is_empty() { 0 } else { question.len() + 1 };
    let head = pen.head(&screen.head, usize::from(height).saturating_sub(taken));
    top = pen.block_from(top, head, usize::from(height).saturating_sub(taken));
    top = pen.block_from(top, question, usize::from(height));
    if let Some(list) = &screen.list {
        let room = bottom.saturating_sub(top);
        bottom = pen.block_above(bottom, &screen.detail, room / 2);
        pen.list(top, bottom.saturating_sub(top), list);
    } else if let Some(input) = &screen.input {
        // Where nothing but a line is asked for, it stands below what it is about.
        let rows = pen.height_of(input).min(bottom.saturating_sub(top));
        cursor = Some(pen.input(top + rows, input).1);
        pen.block_above(bottom, &screen.detail, bottom.saturating_sub(top + rows));
    } else {
        pen.block_above(bottom, &screen.detail, bottom.saturating_sub(top));
    }
    cursor
}

fn notes(screen: &Screen<'_>) -> Vec<Line> {
    let busy = screen.busy.as_ref().map(|it| Line::new(it.as_str(), Tone::Strong));
    busy.into_iter().chain(screen.note.clone()).collect()
}

fn too_small(buffer: &mut Buffer, area: Rect) {
    let said = text!(
        "console.too-small",
        "The window has {width} × {height} characters. Please make it at least {least_width} × {least_height}.",
        width = area.width,
        height = area.height,
        least_width = SMALLEST.0,
        least_height = SMALLEST.1
    );
    for (row, line) in (area.y..area.bottom()).zip(wrapped(&said, area.width.into())) {
        buffer.set_stringn(area.x, row, line, area.width.into(), Style::new());
    }
}

struct Pen<'b> {
    buffer: &'b mut Buffer,
    colors: Colors,
    left: u16,
    room: u16,
}

impl Pen<'_> {
    fn text(&mut self, row: u16, text: &str, style: Style) {
        self.buffer.set_stringn(self.left, row, text, self.room.into(), style);
    }

    fn bar(&mut self, row: u16, area: Rect, title: &str) {
        let style = Style::new().add_modifier(Modifier::REVERSED | Modifier::BOLD);
        self.buffer.set_style(Rect { y: row, height: 1, ..area }, style);
        self.text(row, &cut(&fit_in_a_line(title), self.room.into()), style);
    }

    /// Lines as they stand in the window, broken between words.
    fn lines(&self, lines: &[Line]) -> Vec<(String, Tone)> {
        let of = |line: &Line| {
            let tone = line.tone;
            let paragraphs: Vec<String> =
                line.text.lines().flat_map(|it| wrapped(&fit_in_a_line(it), self.room.into())).collect();
            let rows = if paragraphs.is_empty() { vec![String::new()] } else { paragraphs };
            rows.into_iter().map(move |it| (it, tone))
        };
        lines.iter().flat_map(of).collect()
    }

    /// Lines in at most so many rows: the longest are cut before one is left out.
    fn head(&self, lines: &[Line], most: usize) -> Vec<(String, Tone)> {
        let mut each: Vec<Vec<(String, Tone)>> =
            lines.iter().map(|it| self.lines(std::slice::from_ref(it))).collect();
        while each.iter().map(Vec::len).sum::<usize>() > most {
            // Of two that are as long, the later one.
            let Some(longest) = each.iter_mut().max_by_key(|it| it.len()).filter(|it| it.len() > 1) else {
                break;
            };
            longest.pop();
            if let Some((last, _)) = longest.last_mut() {
                let kept = last.trim_end_matches([' ', '…']);
                *last = cut(&format!("{kept} …"), self.room.into());
            }
        }
        each.into_iter().flatten().collect()
    }

    /// Draws lines from a row on, at most so many; gives the row after them and an empty one.
    fn block_from(&mut self, top: u16, mut lines: Vec<(String, Tone)>, most: usize) -> u16 {
        if lines.len() > most {
            lines.truncate(most);
            if let Some((last, _)) = lines.last_mut() {
                *last = cut(&format!("{last} …"), self.room.into());
            }
        }
        let mut row = top;
        for (text, tone) in &lines {
            self.text(row, text, self.colors.of(*tone));
            row += 1;
        }
        row + u16::from(!lines.is_empty())
    }

    /// Draws lines so that they end above a row, at most so many, with an empty row before them; gives the row that is then
    /// the first one in use.
    fn block_above(&mut self, bottom: u16, lines: &[Line], most: u16) -> u16 {
        let mut rows = self.lines(lines);
        if rows.is_empty() || most < 2 {
            return bottom;
        }
        let most = usize::from(most - 1);
        if rows.len() > most {
            rows.truncate(most);
            if let Some((last, _)) = rows.last_mut() {
                *last = cut(&format!("{last} …"), self.room.into());
            }
        }
        let top = bottom.saturating_sub(rows.len() as u16);
        for (row, (text, tone)) in (top..).zip(&rows) {
            self.text(row, text, self.colors.of(*tone));
        }
        top.saturating_sub(1)
    }

    /// The keys, in one row or two.
    fn hints(&mut self, bottom: u16, screen: &Screen<'_>) -> u16 {
        let mut rows: Vec<Vec<(&str, String)>> = vec![Vec::new()];
        let mut used = 0;
        for hint in &screen.hints {
            let width = columns(hint.key) + 1 + columns(&hint.what) + 2;
            if used + width > usize::from(self.room) + 2 && rows.len() < 2 {
                rows.push(Vec::new());
                used = 0;
            }
            used += width;
            if let Some(row) = rows.last_mut() {
                row.push((hint.key, hint.what.clone()));
            }
        }
        let top = bottom - rows.len() as u16;
        for (y, row) in (top..).zip(rows) {
            let mut x = self.left;
            let end = self.left + self.room;
            for (key, what) in row {
                let bold = self.colors.of(Tone::Strong);
                x = self.buffer.set_stringn(x, y, key, end.saturating_sub(x).into(), bold).0;
                let what = format!(" {what}  ");
                let faint = self.colors.of(Tone::Faint);
                x = self.buffer.set_stringn(x, y, what, end.saturating_sub(x).into(), faint).0;
            }
        }
        top - 1
    }

    /// Rows that a question takes.
    fn height_of(&self, input: &Input) -> u16 {
        let label = self.lines(&[Line::plain(input.label.as_str())]).len();
        let error = input.error.as_ref().map_or(0, |it| self.lines(&[Line::plain(it.as_str())]).len().min(3));
        (label + 1 + error) as u16
    }

    /// What is asked: the label above, the line below, why it cannot be taken below that.
    fn input(&mut self, bottom: u16, input: &Input) -> (u16, Position) {
        let mut below = bottom;
        if let Some(error) = &input.error {
            below = self.block_above(bottom, &[Line::new(error.as_str(), Tone::Bad)], 4) + 1;
        }
        let row = below - 1;
        let label = self.lines(&[Line::new(input.label.as_str(), Tone::Strong)]);
        let top = row.saturating_sub(label.len() as u16);
        for (y, (text, tone)) in (top..row).zip(&label) {
            self.text(y, text, self.colors.of(*tone));
        }
        let room = usize::from(self.room).saturating_sub(3);
        self.text(row, "> ", self.colors.of(Tone::Strong));
        let (shown, before) = window(&input.shown, input.cursor, room);
        let x = self.left + 2;
        if input.shown.is_empty() && !input.default.is_empty() {
            let default = cut(&fit_in_a_line(&input.default), room);
            self.buffer.set_stringn(x, row, default, room, self.colors.of(Tone::Faint));
        } else {
            self.buffer.set_stringn(x, row, shown, room, Style::new().add_modifier(Modifier::UNDERLINED));
        }
        (top.saturating_sub(1), Position { x: x + before as u16, y: row })
    }

    fn list(&mut self, top: u16, height: u16, list: &List<'_>) {
        if list.total == 0 {
            for (row, (text, tone)) in
                (top..top + height).zip(self.lines(&[Line::new(list.empty.as_str(), Tone::Faint)]))
            {
                self.text(row, &text, self.colors.of(tone));
            }
            return;
        }
        let height = usize::from(height);
        let first = first_row(list.total, list.selected.unwrap_or(0), height);
        for (at, y) in (first..list.total.min(first + height)).zip(top..) {
            self.row(y, &(list.row)(at), list.selected == Some(at), list.left_width);
        }
        // How far down this is, where not everything is seen.
        if list.total > height && height > 0 {
            let place = text!(
                "console.place",
                " {at} of {total} ",
                at = list.selected.unwrap_or(first) + 1,
                total = list.total
            );
            let width = columns(&place) as u16;
            let x = (self.left + self.room).saturating_sub(width);
            let style = self.colors.of(Tone::Faint);
            self.buffer.set_stringn(x, top + height as u16 - 1, place, width.into(), style);
        }
    }

    fn row(&mut self, y: u16, row: &Row<'_>, is_selected: bool, left_width: u16) {
        let mut style = self.colors.of(if row.is_title { Tone::Strong } else { Tone::Plain });
        style = style.patch(self.colors.of(row.tone));
        if is_selected {
            style = style.add_modifier(Modifier::REVERSED);
            self.buffer.set_style(Rect { x: self.left, y, width: self.room, height: 1 }, style);
        }
        let mark = if is_selected { "›" } else { " " };
        let key = row.key.map_or_else(String::new, |key| format!("{key}  "));
        let indent = " ".repeat(usize::from(row.level) * 2);
        let left = format!("{mark} {indent}{key}{}", fit_in_a_line(&row.left));
        let room = usize::from(self.room);
        if row.right.is_empty() {
            self.text(y, &cut(&left, room), style);
            return;
        }
        // In a wide window both parts get more.
        let left_width = usize::from(left_width);
        let column = (left_width * room / 78).max(left_width.min(room / 2));
        let column = column.clamp(8, room.saturating_sub(8));
        self.text(y, &cut(&left, column.saturating_sub(1)), style);
        let right = cut(&fit_in_a_line(&row.right), room - column);
        self.buffer.set_stringn(self.left + column as u16, y, right, room - column, style);
    }
}

/// The first row that is shown, so that the chosen one is in the middle where it can be.
pub(crate) fn first_row(total: usize, selected: usize, height: usize) -> usize {
    selected.saturating_sub(height / 2).min(total.saturating_sub(height))
}

/// The part of a typed line that is shown, and the columns before the cursor in it.
fn window(typed: &str, cursor: usize, room: usize) -> (String, usize) {
    use unicode_segmentation::UnicodeSegmentation as _;
    let typed = fit_in_a_line(typed);
    let letters: Vec<&str> = typed.graphemes(true).collect();
    let cursor = cursor.min(letters.len());
    let mut from = cursor;
    let mut before = 0;
    while from > 0 && before + columns(letters[from - 1]) < room {
        from -= 1;
        before += columns(letters[from]);
    }
    let (mut shown, mut used) = (String::new(), 0);
    for letter in &letters[from..] {
        if used + columns(letter) > room {
            break;
        }
        used += columns(letter);
        shown.push_str(letter);
    }
    (shown, before)
}
