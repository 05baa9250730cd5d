//! Which fields a type has, and which words: asked of its own `Deserialize`, which names them all
//! before it reads anything.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor,
};
use serde::forward_to_deserialize_any;

/// What a type consists of. A place is a way of keys with dots between them; a list has `[]` behind
/// its key.
#[derive(Debug, Default)]
pub(super) struct Outline {
    /// Every field.
    pub(super) fields: BTreeSet<String>,
    /// The words that may be said at a place.
    pub(super) words: BTreeMap<String, Vec<String>>,
}

/// The outline of a type.
pub(super) fn of<T: DeserializeOwned>() -> Outline {
    let found = RefCell::new(Outline::default());
    // Each field is looked into by itself: what refuses made-up values hides nothing of the others.
    let mut looked = BTreeSet::new();
    loop {
        let next = found.borrow().fields.iter().find(|place| !looked.contains(*place)).cloned();
        let way = next.clone().unwrap_or_default();
        // Whatever it says of the values, it has named its fields.
        drop(T::deserialize(Probe { found: &found, way: &way, place: String::new() }));
        match next {
            Some(place) => looked.insert(place),
            None if looked.is_empty() && !found.borrow().fields.is_empty() => continue,
            None => break,
        };
    }
    found.into_inner()
}

/// Reads a made-up value at a place, on its way to another.
struct Probe<'f> {
    found: &'f RefCell<Outline>,
    way: &'f str,
    place: String,
}

#[derive(Debug)]
struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a made-up value is refused")
    }
}

impl std::error::Error for Refused {}

impl de::Error for Refused {
    fn custom<T: fmt::Display>(_: T) -> Refused {
        Refused
    }
}

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = Refused;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        let place = |field: &str| match self.place.as_str() {
            "" => field.to_owned(),
            place => format!("{place}.{field}"),
        };
        self.found.borrow_mut().fields.extend(fields.iter().map(|field| place(field)));
        // Only the field on the way is given, so that nothing else can refuse it.
        let on_way = |field: &&&str| {
            let rest = self.way.replace("[]", "");
            let place = place(field).replace("[]", "");
            rest == place || rest.starts_with(&format!("{place}."))
        };
        let field = fields.iter().find(on_way).copied();
        visitor.visit_map(OneField { found: self.found, way: self.way, place: self.place, field })
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_some(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        let list = format!("{}[]", self.place);
        let mut found = self.found.borrow_mut();
        if found.fields.remove(&self.place) {
            found.fields.insert(list.clone());
        }
        drop(found);
        visitor.visit_seq(OneElement(Some(Probe { place: list, ..self })))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        words: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Refused> {
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        self.found.borrow_mut().words.insert(self.place, words);
        Err(Refused)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Refused> {
        Err(Refused)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct tuple tuple_struct map identifier ignored_any
    }
}

/// A table with one field, or none.
struct OneField<'f> {
    found: &'f RefCell<Outline>,
    way: &'f str,
    place: String,
    field: Option<&'static str>,
}

impl<'de> MapAccess<'de> for OneField<'_> {
    type Error = Refused;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Refused> {
        let field = self.field.map(de::value::StrDeserializer::new);
        field.map(|field| seed.deserialize(field)).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Refused> {
        let field = self.field.take().unwrap_or_default();
        let place = match self.place.as_str() {
            "" => field.to_owned(),
            place => format!("{place}.{field}"),
        };
        seed.deserialize(Probe { found: self.found, way: self.way, place })
    }
}

/// A list of one element.
struct OneElement<'f>(Option<Probe<'f>>);

impl<'de> SeqAccess<'de> for OneElement<'_> {
    type Error = Refused;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Refused> {
        self.0.take().map(|probe| seed.deserialize(probe)).transpose()
    }
}

#[test]
fn the_fields_and_words_of_a_plan_are_found_however_deep_they_are() {
    let outline = of::<sim::plan::Plan>();
    for place in ["horizon", "settings.notices.stopping", "message[].turn.at_step", "kill[].torn"] {
        assert!(outline.fields.contains(place), "{place}: {:#?}", outline.fields);
    }
    assert_eq!(outline.words["stop[].signal"], ["stop", "restart"]);
    assert!(outline.words.contains_key("schedule.demote[].part"));
}
