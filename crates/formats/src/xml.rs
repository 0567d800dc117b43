//! One element of XML as a small tree, within limits and without entities of its own.

use crate::item::BadRecord;
use crate::limit;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

/// An element.
#[derive(Debug, Default)]
pub(crate) struct Element {
    pub(crate) name: String,
    attributes: Vec<(String, String)>,
    pub(crate) nodes: Vec<Node>,
}

/// What an element holds.
#[derive(Debug)]
pub(crate) enum Node {
    Text(String),
    Element(Element),
}

impl Element {
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn children<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.nodes.iter().filter_map(move |node| match node {
            Node::Element(element) if element.name == name => Some(element),
            _ => None,
        })
    }

    /// The children of that name under whichever prefix: `title` finds `dc:title`.
    pub(crate) fn any<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.nodes.iter().filter_map(move |node| match node {
            Node::Element(element) if local(&element.name) == name => Some(element),
            _ => None,
        })
    }

    /// All children that are elements.
    pub(crate) fn elements(&self) -> impl Iterator<Item = &Element> {
        self.nodes.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    pub(crate) fn child<'a>(&'a self, name: &'a str) -> Option<&'a Element> {
        self.children(name).next()
    }

    /// All text within, markup dropped.
    pub(crate) fn text(&self) -> String {
        let mut out = String::new();
        self.write_text(&mut out);
        out
    }

    fn write_text(&self, out: &mut String) {
        for node in &self.nodes {
            match node {
                Node::Text(text) => out.push_str(text),
                Node::Element(element) => element.write_text(out),
            }
        }
    }

    fn push(&mut self, text: &str) {
        match self.nodes.last_mut() {
            Some(Node::Text(last)) => last.push_str(text),
            _ => self.nodes.push(Node::Text(text.to_owned())),
        }
    }
}

/// A name without its prefix.
pub(crate) fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// What becomes of an entity that the document does not define.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Unknown {
    /// The element is refused.
    Refused,
    /// It stays as it is written: `&nbsp;`. Feeds are full of them.
    Kept,
}

/// Parses the bytes of one element.
pub(crate) fn parse(bytes: &[u8]) -> Result<Element, BadRecord> {
    parse_with(bytes, Unknown::Refused)
}

/// Parses the bytes of one element.
pub(crate) fn parse_with(bytes: &[u8], entities: Unknown) -> Result<Element, BadRecord> {
    let text = std::str::from_utf8(bytes).map_err(|bad| BadRecord::Encoding(bad.valid_up_to()))?;
    let mut reader = Reader::from_str(text);
    let wrong = |error: &dyn std::fmt::Display| BadRecord::Xml(error.to_string());
    let mut open: Vec<Element> = Vec::new();
    loop {
        let event = reader.read_event().map_err(|error| wrong(&error))?;
        let mut finished = None;
        match event {
            Event::Start(start) => {
                if open.len() >= limit::XML_DEPTH_MAX {
                    return Err(BadRecord::Xml("elements are nested too deeply".to_owned()));
                }
                open.push(element(&start)?);
            }
            Event::Empty(start) => finished = Some(element(&start)?),
            // The reader has checked that the names match.
            Event::End(_) => finished = open.pop(),
            Event::Text(text) => put(&mut open, &text.xml_content(XmlVersion::Implicit1_0)),
            Event::CData(text) => put(&mut open, &text.xml_content(XmlVersion::Implicit1_0)),
            Event::GeneralRef(reference) => {
                if let Some(c) = reference.resolve_char_ref().map_err(|error| wrong(&error))? {
                    put(&mut open, c.encode_utf8(&mut [0; 4]));
                } else {
                    let known = quick_xml::escape::resolve_predefined_entity(&reference);
                    match known {
                        Some(text) => put(&mut open, text),
                        None if entities == Unknown::Kept => put(&mut open, &format!("&{};", &*reference)),
                        None => return Err(BadRecord::Xml(format!("the entity &{};", &*reference))),
                    }
                }
            }
            Event::DocType(_) => return Err(BadRecord::Xml("a document type is not accepted".to_owned())),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => return Err(BadRecord::Xml("it ends too early".to_owned())),
        }
        if let Some(element) = finished {
            match open.last_mut() {
                Some(parent) => parent.nodes.push(Node::Element(element)),
                None => return Ok(element),
            }
        }
    }
}

fn put(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.push(text);
    }
}

fn element(start: &BytesStart<'_>) -> Result<Element, BadRecord> {
    let mut element = Element { name: start.name().as_ref().to_owned(), ..Element::default() };
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| BadRecord::Xml(error.to_string()))?;
        let value = attribute
            .normalized_value(XmlVersion::Implicit1_0)
            .map_err(|error| BadRecord::Xml(error.to_string()))?;
        // Each is compared with those before it.
        if element.attributes.len() >= limit::XML_ATTRIBUTES_MAX {
            return Err(BadRecord::Xml("an element has too many attributes".to_owned()));
        }
        element.attributes.push((attribute.key.as_ref().to_owned(), value.into_owned()));
    }
    Ok(element)
}

/// The attributes of a start tag.
pub(crate) fn attributes(tag: &[u8]) -> Result<Vec<(String, String)>, BadRecord> {
    let text = std::str::from_utf8(tag).map_err(|bad| BadRecord::Encoding(bad.valid_up_to()))?;
    match Reader::from_str(text).read_event().map_err(|error| BadRecord::Xml(error.to_string()))? {
        Event::Start(start) | Event::Empty(start) => Ok(element(&start)?.attributes),
        _ => Ok(Vec::new()),
    }
}

/// Text as it must be written in XML, also within attributes.
pub(crate) fn escape(text: &str) -> String {
    quick_xml::escape::escape(text).into_owned()
}
