//! A report as pictures.

use std::{
    fs::{self, File},
    io::{self, BufWriter},
    path::{Path, PathBuf},
    sync::OnceLock,
};

use anyhow::{Context as _, anyhow};
use jiff::{ToSpan as _, civil::Date};
use plotters::{
    chart::ChartBuilder,
    coord::Shift,
    prelude::{
        BitMapBackend, Color, DrawingArea, FontStyle, IntoDrawingArea as _, IntoSegmentedCoord as _, RGBColor, Rectangle, SegmentValue,
        Text,
    },
    style::{
        IntoFont as _, TextStyle, WHITE, register_font,
        text_anchor::{HPos, Pos, VPos},
    },
};

use super::{Chatter, Report, Sums, text};

/// Width and height of a picture.
const SIZE: (u32, u32) = (1200, 600);
/// The most days in one chart.
const MOST_DAYS: usize = 366;
/// The widest bar of a day.
const MOST_WIDE: u32 = 90;
const FONT: &str = "sans-serif";
const INK: RGBColor = RGBColor(40, 44, 52);
const PALE: RGBColor = RGBColor(110, 116, 126);
const LINES: RGBColor = RGBColor(226, 229, 233);
const GREEN: RGBColor = RGBColor(88, 148, 34);
const BLUE: RGBColor = RGBColor(47, 111, 178);

type Area<'a> = DrawingArea<BitMapBackend<'a>, Shift>;
type Drawn = Result<(), Box<dyn std::error::Error>>;

/// Draws all charts into the folder, and returns their files. Removes charts
/// that would show nothing, because an earlier report may have drawn them.
///
/// # Errors
///
/// If a file cannot be written or removed.
pub fn draw(report: &Report, folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let (days, note) = days(report);
    let mut files = Vec::new();
    let mut picture = |name: &str, shows_something: bool, draw: &dyn Fn(&Area<'_>) -> Drawn| {
        let file = folder.join(name);
        if shows_something {
            save(&file, draw).with_context(|| file.display().to_string())?;
            files.push(file);
        } else {
            remove(&file).with_context(|| file.display().to_string())?;
        }
        anyhow::Ok(())
    };
    picture("followers.png", !days.is_empty(), &|area| followers(area, &days, &note))?;
    picture("income.png", !days.is_empty(), &|area| income(area, &days, &note))?;
    picture("chatters.png", !report.chatters.is_empty(), &|area| chatters(area, &report.chatters, &note))?;
    Ok(files)
}

fn remove(file: &Path) -> io::Result<()> {
    fs::remove_file(file).or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

fn save(file: &Path, draw: &dyn Fn(&Area<'_>) -> Drawn) -> anyhow::Result<()> {
    static FONTS: OnceLock<bool> = OnceLock::new();
    let has_fonts = FONTS.get_or_init(|| {
        register_font(FONT, FontStyle::Normal, dejavu::sans::regular()).is_ok()
            && register_font(FONT, FontStyle::Bold, dejavu::sans::bold()).is_ok()
    });
    if !has_fonts {
        return Err(anyhow!("the font cannot be read"));
    }
    let mut pixels = vec![0; SIZE.0 as usize * SIZE.1 as usize * 3];
    let mut drawn = || {
        let area = BitMapBackend::with_buffer(&mut pixels, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        draw(&area)?;
        area.present()?;
        Ok(())
    };
    drawn().map_err(|error: Box<dyn std::error::Error>| anyhow!("it cannot be drawn: {error}"))?;
    let mut encoder = png::Encoder::new(BufWriter::new(File::create(file)?), SIZE.0, SIZE.1);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels)?;
    writer.finish()?;
    Ok(())
}

/// Each day from the first to the last, even those on which nothing happened,
/// and the note for the chart.
fn days(report: &Report) -> (Vec<(Date, Sums)>, String) {
    let (Some(first), Some(last)) = (report.days.first(), report.days.last()) else {
        return (Vec::new(), format!("days of {}", report.zone));
    };
    // A timestamp may be of any year.
    let earliest = last.day.saturating_sub(i64::try_from(MOST_DAYS - 1).unwrap_or(0).days());
    let start = first.day.max(earliest);
    let known = |day: Date| report.days.binary_search_by_key(&day, |known| known.day).ok().and_then(|place| report.days.get(place));
    let days = start.series(1.day()).take_while(|day| *day <= last.day).take(MOST_DAYS);
    let days = days.map(|day| (day, known(day).map(|known| known.sums).unwrap_or_default())).collect();
    let cut = if start > first.day { format!(", only the last {MOST_DAYS} days") } else { String::new() };
    (days, format!("{start} to {}, days of {}{cut}", last.day, report.zone))
}

/// Draws title and note above the rest of the chart.
fn titled<'a>(area: &Area<'a>, title: &str, note: &str) -> Result<Area<'a>, Box<dyn std::error::Error>> {
    area.draw(&Text::new(title.to_owned(), (36, 24), (FONT, 28.0, FontStyle::Bold).into_font().color(&INK)))?;
    area.draw(&Text::new(note.to_owned(), (36, 62), (FONT, 17.0).into_font().color(&PALE)))?;
    Ok(area.margin(100, 16, 24, 36))
}

fn followers(area: &Area<'_>, days: &[(Date, Sums)], note: &str) -> Drawn {
    let total: u64 = days.iter().map(|(_, sums)| sums.followers).sum();
    let area = titled(area, &format!("New followers a day: {total} in all"), note)?;
    let values: Vec<_> = days.iter().map(|(_, sums)| [whole(sums.followers), 0.0]).collect();
    bars(&area, days, &values, "new followers", &|value| format!("{value:.0}"))
}

fn income(area: &Area<'_>, days: &[(Date, Sums)], note: &str) -> Drawn {
    let sum = |cents: fn(&Sums) -> i64| days.iter().fold(0_i64, |sum, (_, sums)| sum.saturating_add(cents(sums)));
    let (rants, subscriptions) = (sum(|sums| sums.rant_cents), sum(|sums| sums.subscription_cents));
    let title = format!("Income a day: {} in all", text::dollars(rants.saturating_add(subscriptions)));
    let legend = [(GREEN, "rants", rants), (BLUE, "subscriptions", subscriptions)];
    for (top, (colour, name, cents)) in [27, 59].into_iter().zip(legend) {
        area.draw(&Rectangle::new([(900, top), (916, top + 16)], colour.filled()))?;
        let text = format!("{name} {}", text::dollars(cents));
        area.draw(&Text::new(text, (926, top), (FONT, 17.0).into_font().color(&INK)))?;
    }
    let area = titled(area, &title, &format!("{note}; before Rumble's share"))?;
    let dollars = |cents: i64| whole(cents.try_into().unwrap_or_default()) / 100.0;
    let values: Vec<_> = days.iter().map(|(_, sums)| [dollars(sums.rant_cents), dollars(sums.subscription_cents)]).collect();
    bars(&area, days, &values, "US dollars", &|value| format!("${value:.0}"))
}

/// A bar for each day, in two colours one above the other.
fn bars(area: &Area<'_>, days: &[(Date, Sums)], values: &[[f64; 2]], unit: &str, label: &dyn Fn(f64) -> String) -> Drawn {
    let greatest = values.iter().map(|[a, b]| a + b).fold(0.0, f64::max);
    // Labels are whole numbers. With at least this height, there is a line above the bars of a quiet day.
    let top = if greatest < 5.0 { 5.0 } else { greatest * 1.08 };
    let last = days.len().saturating_sub(1);
    let mut chart =
        ChartBuilder::on(area).x_label_area_size(40).y_label_area_size(88).build_cartesian_2d((0..last).into_segmented(), 0.0..top)?;
    let day = |value: &SegmentValue<usize>| match value {
        SegmentValue::CenterOf(place) | SegmentValue::Exact(place) => days.get(*place).map(|(day, _)| day.to_string()).unwrap_or_default(),
        SegmentValue::Last => String::new(),
    };
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(WHITE)
        .bold_line_style(LINES)
        .axis_style(PALE)
        .label_style((FONT, 16.0).into_font().color(&INK))
        .axis_desc_style((FONT, 17.0).into_font().color(&PALE))
        .x_labels(9)
        .y_labels(6)
        .x_label_formatter(&day)
        .y_label_formatter(&|value| label(*value))
        .y_desc(unit)
        .draw()?;
    let day = chart.plotting_area().dim_in_pixel().0 / u32::try_from(days.len())?.max(1);
    // A few days get narrow bars with gaps, and many days get bars without gaps.
    let gap = if day > MOST_WIDE { (day - MOST_WIDE) / 2 } else { day / 10 };
    for (part, colour) in [GREEN, BLUE].into_iter().enumerate() {
        let bar = |(place, value): (usize, &[f64; 2])| {
            let (low, high) = if part == 0 { (0.0, value[0]) } else { (value[0], value[0] + value[1]) };
            let end = if place == last { SegmentValue::Last } else { SegmentValue::Exact(place + 1) };
            let mut bar = Rectangle::new([(SegmentValue::Exact(place), low), (end, high)], colour.filled());
            bar.set_margin(0, 0, gap, gap);
            bar
        };
        let is_there = |(_, value): &(usize, &[f64; 2])| value.get(part).is_some_and(|value| *value > 0.0);
        chart.draw_series(values.iter().enumerate().filter(is_there).map(bar))?;
    }
    Ok(())
}

fn chatters(area: &Area<'_>, chatters: &[Chatter], note: &str) -> Drawn {
    let area = titled(area, "Top chatters by messages", note)?;
    let greatest = chatters.iter().map(|chatter| chatter.messages).max().unwrap_or(1).max(1);
    let (width, _) = area.dim_in_pixel();
    let (names, numbers) = (300, 90);
    let room = f64::from(i32::try_from(width)? - names - numbers);
    let style = |anchor| TextStyle::from((FONT, 18.0).into_font()).color(&INK).pos(anchor);
    for (top, chatter) in (0..).step_by(46).zip(chatters) {
        #[expect(clippy::cast_possible_truncation, reason = "it is less than the width of the picture")]
        let length = (room * whole(chatter.messages) / whole(greatest)).ceil() as i32;
        let middle = top + 17;
        area.draw(&Text::new(text::name(&chatter.username, 24), (names - 12, middle), style(Pos::new(HPos::Right, VPos::Center))))?;
        area.draw(&Rectangle::new([(names, top), (names + length, top + 34)], GREEN.filled()))?;
        area.draw(&Text::new(chatter.messages.to_string(), (names + length + 10, middle), style(Pos::new(HPos::Left, VPos::Center))))?;
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a picture shows no difference of one in 2^53")]
fn whole(number: u64) -> f64 {
    number as f64
}
