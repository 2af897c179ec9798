//! Which of the crate's own names a source file names: paths that begin with `crate`, `super` or
//! `self`, in imports, grouped or not, and in the midst of code.
//!
//! Just enough of the language to be right about comments, strings, lifetimes and modules inside a
//! file; a parser crate lost because this is a page. Doc comments do not count: a link is not an
//! import.

use std::iter::Peekable;
use std::vec::IntoIter;

/// A path from the crate's root, and the line it stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) line: usize,
    /// Its segments; the last may be `*`.
    pub(super) path: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    /// An identifier, a keyword or a number.
    Word(String),
    /// `::`
    Separator,
    /// Anything else that is not a comment, a literal or a blank.
    Mark(char),
}

type Tokens = Peekable<IntoIter<(usize, Token)>>;

/// The own names in `source`. `module` is where the file stands below the crate's root, `root` the
/// word that the root goes by: `crate`, or in a binary the name of its library.
pub(super) fn named(source: &str, module: &[&str], root: &str) -> Vec<Named> {
    let mut module: Vec<String> = module.iter().map(ToString::to_string).collect();
    // depth of the brace that opened each module written inside the file
    let mut opened: Vec<usize> = Vec::new();
    let mut depth = 0;
    let mut named = Vec::new();
    let mut tokens = tokens(source).into_iter().peekable();
    let mut before: Option<Token> = None;
    while let Some((line, token)) = tokens.next() {
        match &token {
            Token::Mark('{') => depth += 1,
            Token::Mark('}') => {
                if opened.last() == Some(&depth) {
                    opened.pop();
                    module.pop();
                }
                depth = usize::saturating_sub(depth, 1);
            }
            Token::Word(word) if word == "mod" => {
                if let Some((_, Token::Word(name))) = tokens.peek().cloned() {
                    tokens.next();
                    if tokens.next_if(|(_, next)| *next == Token::Mark('{')).is_some() {
                        depth += 1;
                        opened.push(depth);
                        module.push(name);
                    }
                }
            }
            Token::Word(word) if before != Some(Token::Separator) => {
                let start = match word.as_str() {
                    word if word == root => Some(Vec::new()),
                    "self" => Some(module.clone()),
                    "super" => Some(parent(&module)),
                    _ => None,
                };
                let goes_on = matches!(tokens.peek(), Some((_, Token::Separator)));
                let renamed =
                    tokens.peek().is_some_and(|(_, next)| *next == Token::Word("as".into()));
                match start {
                    Some(start) if goes_on => {
                        tokens.next();
                        tree(&mut tokens, start, line, &mut named);
                    }
                    // a whole module under another name; `self as` may be a value and its type
                    Some(mut path) if renamed && word != "self" => {
                        path.push("*".into());
                        named.push(Named { line, path });
                    }
                    _ => {}
                }
            }
            _ => {}
        }
        before = Some(token);
    }
    named
}

fn parent(module: &[String]) -> Vec<String> {
    module.split_last().map_or_else(Vec::new, |(_, rest)| rest.to_vec())
}

/// What follows a `::`: a name, a group, a star.
fn tree(tokens: &mut Tokens, mut path: Vec<String>, line: usize, named: &mut Vec<Named>) {
    match tokens.next() {
        Some((_, Token::Mark('{'))) => {
            loop {
                match tokens.peek() {
                    Some((_, Token::Mark('}'))) | None => {
                        tokens.next();
                        return;
                    }
                    Some((_, Token::Word(_) | Token::Mark('*' | '{'))) => {
                        let line = tokens.peek().map_or(line, |(line, _)| *line);
                        tree(tokens, path.clone(), line, named);
                    }
                    // a comma, `as` and its name are words or marks that name nothing of ours
                    Some(_) => drop(tokens.next()),
                }
            }
        }
        Some((_, Token::Word(word))) => {
            match word.as_str() {
                "super" => path = parent(&path),
                "self" => {}
                _ => path.push(word),
            }
            if tokens.next_if(|(_, next)| *next == Token::Separator).is_some() {
                tree(tokens, path, line, named);
                return;
            }
            if tokens.next_if(|(_, next)| *next == Token::Word("as".into())).is_some() {
                tokens.next();
            }
            named.push(Named { line, path });
        }
        Some((_, Token::Mark('*'))) => {
            path.push("*".into());
            named.push(Named { line, path });
        }
        // a turbofish or the end of the file
        _ => named.push(Named { line, path }),
    }
}

fn tokens(source: &str) -> Vec<(usize, Token)> {
    let chars: Vec<char> = source.chars().collect();
    let at = |place: usize| chars.get(place).copied().unwrap_or('\0');
    let mut tokens = Vec::new();
    let (mut i, mut line) = (0, 1);
    while i < chars.len() {
        let begin = i;
        let c = at(i);
        match c {
            '/' if at(i + 1) == '/' => {
                while i < chars.len() && at(i) != '\n' {
                    i += 1;
                }
            }
            '/' if at(i + 1) == '*' => {
                let mut nested = 0;
                while i < chars.len() {
                    match (at(i), at(i + 1)) {
                        ('/', '*') => (nested, i) = (nested + 1, i + 2),
                        ('*', '/') => (nested, i) = (nested - 1, i + 2),
                        _ => i += 1,
                    }
                    if nested == 0 {
                        break;
                    }
                }
            }
            '"' => i = string(&chars, i),
            '\'' if at(i + 1) == '\\' => {
                i += 3;
                while i < chars.len() && at(i) != '\'' {
                    i += 1;
                }
                i += 1;
            }
            '\'' if at(i + 2) == '\'' => i += 3,
            '\'' => i += 1,
            c if c.is_alphanumeric() || c == '_' => {
                while at(i).is_alphanumeric() || at(i) == '_' {
                    i += 1;
                }
                let word: String = chars.iter().skip(begin).take(i - begin).collect();
                let raw = matches!(word.as_str(), "r" | "br" | "cr");
                match at(i) {
                    '"' if raw => i = raw_string(&chars, i),
                    '#' if raw && matches!(at(i + 1), '#' | '"') => i = raw_string(&chars, i),
                    // r#ident, b"bytes", c"text"
                    '#' if word == "r" => i += 1,
                    '"' if matches!(word.as_str(), "b" | "c") => i = string(&chars, i),
                    _ => tokens.push((line, Token::Word(word))),
                }
            }
            ':' if at(i + 1) == ':' => {
                tokens.push((line, Token::Separator));
                i += 2;
            }
            c => {
                if !c.is_whitespace() {
                    tokens.push((line, Token::Mark(c)));
                }
                i += 1;
            }
        }
        line += chars.iter().take(i).skip(begin).filter(|c| **c == '\n').count();
    }
    tokens
}

/// The place after the string that begins at its quote.
fn string(chars: &[char], quote: usize) -> usize {
    let mut i = quote + 1;
    while let Some(c) = chars.get(i) {
        match c {
            '\\' => i += 2,
            '"' => return i + 1,
            _ => i += 1,
        }
    }
    i
}

/// The place after the raw string whose hashes, or else its quote, begin here.
fn raw_string(chars: &[char], begin: usize) -> usize {
    let hashes = chars.iter().skip(begin).take_while(|c| **c == '#').count();
    let end: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    let body = begin + hashes + 1;
    let found = chars.get(body..).and_then(|rest| rest.windows(end.len()).position(|w| w == end));
    found.map_or(chars.len(), |place| body + place + end.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(source: &str, expect: &[&str]) {
        let found: Vec<String> = named(source, &["room", "part"], "crate")
            .into_iter()
            .map(|named| format!("{} {}", named.line, named.path.join("::")))
            .collect();
        assert_eq!(found, expect, "{source}");
    }

    #[test]
    fn imports() {
        check("use crate::mail::AddrSpec;", &["1 mail::AddrSpec"]);
        check("use crate::{mail, call::{self, How}};", &["1 mail", "1 call", "1 call::How"]);
        check("use {std::fmt, crate::store};", &["1 store"]);
        check("use crate::{\n    a::*,\n    b as c, d,\n};", &["2 a::*", "3 b", "3 d"]);
        check("use crate::*;", &["1 *"]);
        check("use crate as all;", &["1 *"]);
        check("pub(crate) use std::fmt; pub(in crate::room) fn f() {}", &["1 room"]);
    }

    #[test]
    fn paths_in_code() {
        check("fn f() -> crate::store::Store { 1 }", &["1 store::Store"]);
        check("let x = crate::store::open::<u8>();", &["1 store::open"]);
        check("macro_rules! m { () => { $crate::a::b() } }", &["1 a::b"]);
        check("self.x(); self::y::z(); foo::crate_x::y();", &["1 room::part::y::z"]);
    }

    #[test]
    fn relative_paths() {
        check("use super::other;", &["1 room::other"]);
        check("use super::super::store;", &["1 store"]);
        check(
            "mod tests { use super::*; use super::super::x; }",
            &["1 room::part::*", "1 room::x"],
        );
        check("mod a { mod b {} } use super::x;", &["1 room::x"]);
        check("mod a; fn f() { { } } use super::{super::x, y};", &["1 x", "1 room::y"]);
    }

    #[test]
    fn comments_and_literals_name_nothing() {
        check("/// [`crate::store`]\n// crate::store\nuse crate::a;", &["3 a"]);
        check("/* crate::x /* crate::y */ crate::z */ use crate::a;", &["1 a"]);
        check(
            r##"let s = "crate::x \" crate::y"; let r = r#"crate::"z" "#; crate::a();"##,
            &["1 a"],
        );
        check("let c = '\"'; let d = '\\''; fn f<'a>(x: &'a u8) { crate::a() }", &["1 a"]);
        check("let s = \"two\nlines\"; crate::a();", &["2 a"]);
        check("let b = b\"crate::x\"; let r#type = 1; crate::r#type::f();", &["1 type::f"]);
    }
}
