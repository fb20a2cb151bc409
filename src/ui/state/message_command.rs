//! Commands that can be given for a message.

/// Something that the user can do with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    Reply,
    Edit,
    /// Opens the choice of an emoji.
    Emoji,
    CopyText,
    CopyLink,
    Delete,
    /// Opens the menu.
    Menu,
}

/// Commands and their names in the attribute `data-do` of the elements that give them.
const COMMANDS: [(Command, &str); 7] = [
    (Command::Reply, "reply"),
    (Command::Edit, "edit"),
    (Command::Emoji, "emoji"),
    (Command::CopyText, "copy-text"),
    (Command::CopyLink, "copy-link"),
    (Command::Delete, "delete"),
    (Command::Menu, "menu"),
];

impl Command {
    /// Name in the attribute `data-do`.
    pub fn name(self) -> &'static str {
        COMMANDS.iter().find(|(command, _)| *command == self).map_or("", |(_, name)| name)
    }

    /// Returns the command with this name.
    pub fn named(name: &str) -> Option<Self> {
        COMMANDS.iter().find(|(_, known)| *known == name).map(|(command, _)| *command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_name_of_its_own() {
        for (command, name) in COMMANDS {
            assert_eq!((Command::named(name), command.name()), (Some(command), name));
        }
        assert_eq!(Command::named("no such command"), None);
    }
}
