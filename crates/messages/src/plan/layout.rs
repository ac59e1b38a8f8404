//! Long lists for people: in sections, grouped by reason, in reading order, and cut where a screen would end.

use crate::foreign::fit_in_a_line;
use crate::line::{Line, Tone};
use crate::text;
use crate::wrap::words;
use bwdc_core::collation::reading_order;
use std::borrow::Cow;
use std::collections::HashMap;

/// Columns that a line may take.
pub(crate) const WIDTH: usize = 80;
/// Where the second part of a row begins when there is room.
const SECOND_COLUMN: usize = 44;

/// How much of a list is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// The first of each group, and how many more there are.
    Short,
    /// Everything.
    Whole,
}

/// One line of a section.
pub(crate) struct Item<'a> {
    /// Why; items with the same reason stand together.
    pub(crate) reason: String,
    /// By what it is found in the list.
    pub(crate) name: Cow<'a, str>,
    /// Its number where it comes from.
    pub(crate) place: usize,
}

/// How an item is shown, which is asked for those only that are.
#[derive(Default)]
pub(crate) struct Shown {
    /// The sign and the name.
    pub(crate) row: String,
    /// What stands below it.
    pub(crate) below: Vec<String>,
}

/// A section of a list.
pub(crate) struct Section<'a> {
    /// Its title.
    pub(crate) title: String,
    /// How its rows are meant.
    pub(crate) tone: Tone,
    /// How many of one reason are shown where the list is cut.
    pub(crate) most: usize,
    /// What is in it.
    pub(crate) items: Vec<Item<'a>>,
}

/// Reasons that are shown of one section, and single items with reasons of their own.
const REASONS: usize = 4;

impl Section<'_> {
    /// Its lines: title and number, then each reason with those whom it is about.
    pub(crate) fn lines(self, extent: Extent, show: &dyn Fn(usize) -> Shown) -> Vec<Line> {
        let Self { title, tone, most, items } = self;
        let all = items.len();
        let title = format!("{title} ({all})");
        let mut groups = by_reason(items);
        let rows = Rows { extent, most, tone, show };
        if let [only] = groups.as_slice()
            && !only.is_one_with_a_long_reason(&title)
        {
            let mut lines = rows.title(&title, &only.reason);
            rows.of_group(only, 2, &mut lines);
            return lines;
        }
        let mut lines = vec![Line::new(title, Tone::Strong)];
        groups.sort_by_key(|it| std::cmp::Reverse(it.items.len()));
        let shown = match extent {
            Extent::Short if groups.len() > REASONS + 1 => REASONS,
            _ => groups.len(),
        };
        for group in &groups[..shown] {
            if let [only] = group.items.as_slice() {
                rows.alone(only.1, &group.reason, &mut lines);
            } else {
                let reason = format!("{} ({})", fit_in_a_line(&group.reason), group.items.len());
                lines.push(Line::plain(wrapped(&reason, "  ", 2)));
                rows.of_group(group, 4, &mut lines);
            }
        }
        let more: usize = groups[shown..].iter().map(|it| it.items.len()).sum();
        if more > 0 {
            lines.push(Line::new(format!("  {}", and_more(more)), Tone::Faint));
        }
        lines
    }
}

/// Items with one reason, by name.
struct Group {
    reason: String,
    items: Vec<(String, usize)>,
}

impl Group {
    /// Whether the reason is said below the one whom it is about, since it does not fit beside the title.
    fn is_one_with_a_long_reason(&self, title: &str) -> bool {
        self.items.len() == 1 && title.chars().count() + 2 + self.reason.chars().count() > WIDTH
    }
}

fn by_reason(items: Vec<Item<'_>>) -> Vec<Group> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut groups: Vec<Group> = Vec::new();
    for Item { reason, name, place } in items {
        let at = *places.entry(reason).or_insert_with_key(|reason| {
            groups.push(Group { reason: reason.clone(), items: Vec::new() });
            groups.len() - 1
        });
        groups[at].items.push((name.into_owned(), place));
    }
    for group in &mut groups {
        let order = reading_order(group.items.iter().map(|it| it.0.as_str()));
        let mut sorted: Vec<(String, usize)> = Vec::with_capacity(order.len());
        sorted.extend(order.into_iter().map(|it| std::mem::take(&mut group.items[it as usize])));
        group.items = sorted;
    }
    groups
}

struct Rows<'s> {
    extent: Extent,
    most: usize,
    tone: Tone,
    show: &'s dyn Fn(usize) -> Shown,
}

impl Rows<'_> {
    /// The title with the one reason that there is.
    fn title(&self, title: &str, reason: &str) -> Vec<Line> {
        let reason = fit_in_a_line(reason);
        let together = format!("{title}: {reason}");
        if reason.is_empty() {
            vec![Line::new(title, Tone::Strong)]
        } else if together.chars().count() <= WIDTH {
            vec![Line::new(together, Tone::Strong)]
        } else {
            vec![Line::new(title, Tone::Strong), Line::plain(wrapped(&reason, "  ", 2))]
        }
    }

    fn of_group(&self, group: &Group, indent: usize, lines: &mut Vec<Line>) {
        let shown = match self.extent {
            // One more takes no more room than to say so.
            Extent::Short if group.items.len() > self.most + 1 => self.most,
            _ => group.items.len(),
        };
        for (_, place) in &group.items[..shown] {
            let Shown { row, below } = (self.show)(*place);
            lines.push(Line::new(wrapped_whole(&row, indent), self.tone));
            lines.extend(below.iter().map(|it| below_it(it, indent)));
        }
        let more = group.items.len() - shown;
        if more > 0 {
            lines.push(Line::new(format!("{:indent$}{}", "", and_more(more)), Tone::Faint));
        }
    }

    /// An item whose reason nobody shares: both on one line where they fit.
    fn alone(&self, place: usize, reason: &str, lines: &mut Vec<Line>) {
        let Shown { row, below } = (self.show)(place);
        let both = in_columns(&format!("  {row}"), reason);
        let (first, rest) =
            both.split_once('\n').map_or((both.as_str(), None), |(it, rest)| (it, Some(rest)));
        lines.push(Line::new(first, self.tone));
        lines.extend(rest.map(Line::plain));
        lines.extend(below.iter().map(|it| below_it(it, 2)));
    }
}

/// Below a row, four columns further.
fn below_it(text: &str, indent: usize) -> Line {
    Line::plain(wrapped(&fit_in_a_line(text), &" ".repeat(indent + 4), indent + 4))
}

/// A name is never broken: who looks for it would not find it.
fn wrapped_whole(row: &str, indent: usize) -> String {
    format!("{:indent$}{}", "", fit_in_a_line(row))
}

/// How many more there are.
pub(super) fn and_more(more: usize) -> String {
    text!("plan.and-more", "… and {more} more; `--verbose` shows all", more)
}

/// Both parts on one line where they fit, else the second below the first.
pub(crate) fn in_columns(left: &str, why: &str) -> String {
    let (left, why) = (&*fit_in_a_line(left), &*fit_in_a_line(why));
    if why.is_empty() {
        return left.to_owned();
    }
    let used = left.chars().count();
    let column = SECOND_COLUMN.max(used + 2);
    if column + why.chars().count() <= WIDTH {
        format!("{left}{:padding$}{why}", "", padding = column - used)
    } else {
        format!("{left}\n{}", wrapped(why, "      ", 6))
    }
}

/// Breaks a text between words and commands; `first` begins the first line, `indent` spaces each further one.
pub(crate) fn wrapped(text: &str, first: &str, indent: usize) -> String {
    let mut result = first.to_owned();
    let mut column = first.chars().count();
    let start = column;
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for word in words(&text, WIDTH.saturating_sub(indent)) {
        let length = word.chars().count();
        if column > start.max(indent) && column + 1 + length > WIDTH {
            result.push('\n');
            result.push_str(&" ".repeat(indent));
            column = indent;
        } else if column > start.max(indent) {
            result.push(' ');
            column += 1;
        }
        result.push_str(word);
        column += length;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(reasons: &[(&str, usize)], extent: Extent) -> Vec<String> {
        let mut items = Vec::new();
        for (reason, number) in reasons {
            // The last first: the list puts them into reading order.
            items.extend((1..=*number).rev().map(|it| Item {
                reason: (*reason).to_owned(),
                name: format!("p{it}").into(),
                place: it,
            }));
        }
        let section = Section { title: "Access revoked".to_owned(), tone: Tone::Bad, most: 3, items };
        let show = |place| Shown { row: format!("- p{place}"), below: Vec::new() };
        section.lines(extent, &show).into_iter().map(|it| it.text).collect()
    }

    #[test]
    fn one_reason_stands_beside_the_title_and_a_long_list_is_cut() {
        let said = lines(&[("gone", 57)], Extent::Short);
        assert_eq!(
            said,
            [
                "Access revoked (57): gone",
                "  - p1",
                "  - p2",
                "  - p3",
                "  … and 54 more; `--verbose` shows all",
            ]
        );
        assert_eq!(lines(&[("gone", 4)], Extent::Short).len(), 5, "the fourth takes the line that counts it");
        let whole = lines(&[("gone", 57)], Extent::Whole);
        assert_eq!((whole.len(), whole.last().map(String::as_str)), (58, Some("  - p57")));
    }

    #[test]
    fn several_reasons_stand_above_those_whom_they_are_about_the_most_frequent_first() {
        let said = lines(&[("disabled", 1), ("gone", 2)], Extent::Short);
        assert_eq!(
            said,
            [
                "Access revoked (3)",
                "  gone (2)",
                "    - p1",
                "    - p2",
                "  - p1                                      disabled",
            ]
        );
        let reasons: Vec<(String, usize)> = (0..9).map(|it| (format!("reason {it}"), 2)).collect();
        let reasons: Vec<(&str, usize)> = reasons.iter().map(|(it, n)| (it.as_str(), *n)).collect();
        let said = lines(&reasons, Extent::Short);
        assert_eq!(said.last().map(String::as_str), Some("  … and 10 more; `--verbose` shows all"));
        assert_eq!(lines(&reasons, Extent::Whole).len(), 1 + 9 * 3);
    }

    #[test]
    fn a_row_is_one_line_where_it_fits_and_two_where_it_does_not() {
        let short = in_columns("  ~ ada@example.test", "new in the directory");
        assert_eq!(short, "  ~ ada@example.test                        new in the directory");
        let long = in_columns(&format!("  ~ {}@example.test", "a".repeat(60)), "new in the directory");
        assert!(long.ends_with("@example.test\n      new in the directory"), "{long}");
    }

    #[test]
    fn a_long_text_is_broken_at_spaces_within_the_width() {
        let text = wrapped(&"word ".repeat(60), "- ", 2);
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH));
        assert_eq!(text.split_whitespace().count(), 61);
        assert!(text.lines().skip(1).all(|line| line.starts_with("  word")));
    }
}
