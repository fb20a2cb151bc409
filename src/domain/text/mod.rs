//! Rules about characters: the one place that decides what is blank, invisible, a line break, or a control character,
//! for names, handles, messages, e-mail addresses, codes and searches.

mod characters;

mod scripts;

mod shapes;

pub use characters::{
    is_blank, is_direction_control, is_forbidden_in_messages, is_forbidden_in_names, is_invisible, is_line_break,
    is_private_use, is_shaping, is_zero_width, trim_invisible,
};

pub use scripts::{is_dense, is_mark, is_particle, is_pictograph, is_word_character};

pub use shapes::{name_of, typed, with_line_feeds};
