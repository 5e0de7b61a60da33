/// An actor type: its state, and a method per operation.
///
/// ```
/// use plexspaces::{actor, export_actors, Error, Stream};
///
/// actor! {
///     /// Counts.
///     #[derive(Debug)]
///     pub struct Counter as "counter" {
///         n: i64 = 0,
///         history: Vec<i64> = Vec::new(),
///     }
///
///     impl {
///         /// Its parameters are the supervised child's `args`.
///         init fn start(&mut self, start: i64 = 0) {
///             self.n = start;
///         }
///
///         /// Adds to it.
///         call fn increment(&mut self, by: i64 = 1) -> Result<i64, Error> {
///             if by < 1 {
///                 return Err(Error::invalid_argument("by must be positive"));
///             }
///             self.n += by;
///             self.history.push(self.n);
///             Ok(self.n)
///         }
///
///         query fn get(&self) -> i64 {
///             self.n
///         }
///
///         cast fn reset(&mut self) {
///             self.n = 0;
///         }
///
///         stream fn past(&self, since: u32 = 0) -> Stream<Self, i64> {
///             Stream::of(self.history.clone().into_iter().skip(since as usize))
///         }
///     }
/// }
///
/// export_actors!(Counter);
/// # fn main() {}
/// ```
///
/// The fields are the declared state: each is [`Data`](crate::Data) and begins at its default. It survives
/// restarts and upgrades; a [`Transient`](crate::Transient) field does not.
///
/// The items of `impl` are one of
///
/// | | |
/// |---|---|
/// | `call fn op(&mut self, ..) -> T` | answers `T` or `Result<T, Error>` |
/// | `query fn op(&self, ..) -> T` | only reads |
/// | `cast fn op(&mut self, ..)` | has no reply |
/// | `stream fn op(&mut self, ..) -> Stream<Self, T>` | answers with many values |
/// | `init fn name(&mut self, ..)` | the first turn; parameters are `args` of the configuration |
/// | `terminate fn name(&mut self, reason: &str)` | the last words |
///
/// A payload's fields are the parameters; what is missing and has no default, or has the wrong type, is
/// refused by name with INVALID_ARGUMENT. A first parameter `payload: T` is given the whole payload as a
/// `T`, `message: Message` all of the message, and in `init`, `config: Value` the whole configuration.
/// Replies are [`Data`](crate::Data), or [`Reply`](crate::Reply) for other content than JSON.
#[macro_export]
macro_rules! actor {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident as $type:literal {
            $( $(#[$field_meta:meta])* $field_vis:vis $field:ident : $field_type:ty $(= $default:expr)? ),* $(,)?
        }

        impl {
            $(
                $(#[doc = $doc:literal])*
                $kind:ident fn $op:ident ( $($args:tt)* ) $(-> $ret:ty)? $body:block
            )*
        }
    ) => {
        $(#[$meta])*
        $vis struct $name {
            $( $(#[$field_meta])* $field_vis $field: $field_type ),*
        }

        impl ::std::default::Default for $name {
            fn default() -> $name {
                $name { $( $field: $crate::__initial!($field_type $(, $default)?) ),* }
            }
        }

        impl $name {
            $( $crate::__method! { [$(#[doc = $doc])*] $op [$($args)*] [$(-> $ret)?] $body } )*
        }

        impl $crate::Actor for $name {
            const TYPE: &'static str = $type;

            fn operations() -> ::std::vec::Vec<$crate::Operation> {
                #[allow(unused_mut)]
                let mut operations = ::std::vec::Vec::new();
                $( $crate::__operation!(
                    operations, $kind, $op, [$($args)*], [$($ret)?], concat!($($doc, "\n"),*)); )*
                operations
            }

            fn init(&mut self, config: &$crate::Value) -> ::std::result::Result<(), $crate::Error> {
                let _ = config;
                $( $crate::__init!(self, config, $kind, $op, [$($args)*]); )*
                ::std::result::Result::Ok(())
            }

            #[allow(clippy::unit_arg)]
            fn handle_message(&mut self, message: $crate::Message)
                -> ::std::result::Result<$crate::Reply, $crate::Error>
            {
                $( $crate::__handle!(self, message, $kind, $op, [$($args)*]); )*
                ::std::result::Result::Err($crate::Error::unknown_operation(&message.op))
            }

            fn handle_stream(&mut self, message: $crate::Message)
                -> ::std::result::Result<$crate::Stream<Self, $crate::Value>, $crate::Error>
            {
                $( $crate::__handle_stream!(self, message, $kind, $op, [$($args)*]); )*
                ::std::result::Result::Err($crate::Error::unknown_operation(&message.op))
            }

            fn snapshot(&self) -> $crate::Value {
                #[allow(unused_mut)]
                let mut state = ::std::vec::Vec::new();
                $( $crate::__private::snapshot_field(&self.$field, &mut state, stringify!($field)); )*
                $crate::Value::Object(state)
            }

            fn restore(&mut self, state: $crate::Value) -> ::std::result::Result<(), $crate::Error> {
                #[allow(unused_mut)]
                let mut state = $crate::__private::stored_fields(state)?;
                let _ = &mut state;
                $( $crate::__private::restore_field(&mut self.$field, &mut state, stringify!($field))?; )*
                ::std::result::Result::Ok(())
            }

            fn terminate(&mut self, reason: &str) {
                let _ = reason;
                $( $crate::__terminate!(self, reason, $kind, $op); )*
            }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __initial {
    ($type:ty) => {
        <$type as ::std::default::Default>::default()
    };
    ($type:ty, $default:expr) => {
        $default
    };
}

/// The method without the defaults of its parameters.
#[doc(hidden)]
#[macro_export]
macro_rules! __method {
    ([$($doc:tt)*] $op:ident [& mut $self:ident $(, $arg:ident : $type:ty $(= $default:expr)?)* $(,)?] [$($ret:tt)*] $body:block) => {
        $($doc)*
        pub fn $op(&mut $self $(, $arg: $type)*) $($ret)* $body
    };
    ([$($doc:tt)*] $op:ident [& $self:ident $(, $arg:ident : $type:ty $(= $default:expr)?)* $(,)?] [$($ret:tt)*] $body:block) => {
        $($doc)*
        pub fn $op(& $self $(, $arg: $type)*) $($ret)* $body
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __operation {
    ($list:ident, init, $($rest:tt)*) => {};
    ($list:ident, terminate, $($rest:tt)*) => {};
    ($list:ident, stream, $op:ident, $args:tt, [$ret:ty], $doc:expr) => {
        $list.push(
            $crate::__input!($crate::Operation::stream(stringify!($op)).doc($doc), $args)
                .output(<<$ret as $crate::__private::IntoStream<Self>>::Item as $crate::Data>::schema),
        );
    };
    ($list:ident, cast, $op:ident, $args:tt, $ret:tt, $doc:expr) => {
        $list.push($crate::__input!($crate::Operation::cast(stringify!($op)).doc($doc), $args));
    };
    ($list:ident, $kind:ident, $op:ident, $args:tt, [$($ret:ty)?], $doc:expr) => {
        $list.push(
            $crate::__input!($crate::Operation::$kind(stringify!($op)).doc($doc), $args)
                .output(<$crate::__ret!($($ret)?) as $crate::__private::IntoReply>::schema),
        );
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __ret {
    () => { () };
    ($ret:ty) => { $ret };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __input {
    ($operation:expr, [& mut $self:ident $($rest:tt)*]) => { $crate::__input!(@ $operation, [$($rest)*]) };
    ($operation:expr, [& $self:ident $($rest:tt)*]) => { $crate::__input!(@ $operation, [$($rest)*]) };
    (@ $operation:expr, [, message : $type:ty $(,)?]) => { $operation };
    (@ $operation:expr, [, payload : $type:ty $(,)?]) => {
        $operation.input(<$type as $crate::Data>::schema)
    };
    (@ $operation:expr, [$(, $arg:ident : $type:ty $(= $default:expr)?)* $(,)?]) => {
        $operation.input(|| {
            #[allow(unused_mut)]
            let mut schema = $crate::__private::object_schema();
            $( $crate::__private::property::<$type>(
                &mut schema, stringify!($arg), $crate::__default!($($default)?)); )*
            schema
        })
    };
}

/// Calls a method with the fields of a payload.
#[doc(hidden)]
#[macro_export]
macro_rules! __invoke {
    ($actor:ident, $payload:expr, $op:ident, [& mut $self:ident $($rest:tt)*]) => {
        $crate::__invoke!(@ $actor, $payload, $op, [$($rest)*])
    };
    ($actor:ident, $payload:expr, $op:ident, [& $self:ident $($rest:tt)*]) => {
        $crate::__invoke!(@ $actor, $payload, $op, [$($rest)*])
    };
    (@ $actor:ident, $payload:expr, $op:ident, [$(,)?]) => {
        $actor.$op()
    };
    (@ $actor:ident, $payload:expr, $op:ident, [$(, $arg:ident : $type:ty $(= $default:expr)?)* $(,)?]) => {{
        let mut payload = $crate::__private::object($payload)?;
        $( let $arg: $type = $crate::__private::field(
            &mut payload, stringify!($arg), || $crate::__default!($($default)?))?; )*
        $actor.$op($($arg),*)
    }};
}

/// Calls a method with what its parameters ask for of a message.
#[doc(hidden)]
#[macro_export]
macro_rules! __deliver {
    ($actor:ident, $message:ident, $op:ident, [& mut $self:ident, message : $type:ty $(,)?]) => {
        $actor.$op($message)
    };
    ($actor:ident, $message:ident, $op:ident, [& $self:ident, message : $type:ty $(,)?]) => {
        $actor.$op($message)
    };
    ($actor:ident, $message:ident, $op:ident, [& mut $self:ident, payload : $type:ty $(,)?]) => {
        $actor.$op(<$type as $crate::Data>::from_value($message.payload()?)?)
    };
    ($actor:ident, $message:ident, $op:ident, [& $self:ident, payload : $type:ty $(,)?]) => {
        $actor.$op(<$type as $crate::Data>::from_value($message.payload()?)?)
    };
    ($actor:ident, $message:ident, $op:ident, $args:tt) => {
        $crate::__invoke!($actor, $message.payload()?, $op, $args)
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __handle {
    ($actor:ident, $message:ident, init, $op:ident, $args:tt) => {};
    ($actor:ident, $message:ident, terminate, $op:ident, $args:tt) => {};
    ($actor:ident, $message:ident, stream, $op:ident, $args:tt) => {};
    ($actor:ident, $message:ident, $kind:ident, $op:ident, $args:tt) => {
        if $message.op == stringify!($op) {
            return $crate::__private::IntoReply::into_reply($crate::__deliver!($actor, $message, $op, $args));
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __handle_stream {
    ($actor:ident, $message:ident, stream, $op:ident, $args:tt) => {
        if $message.op == stringify!($op) {
            return $crate::__private::IntoStream::into_stream($crate::__deliver!($actor, $message, $op, $args));
        }
    };
    ($actor:ident, $message:ident, $kind:ident, $op:ident, $args:tt) => {};
}

#[doc(hidden)]
#[macro_export]
macro_rules! __init {
    ($actor:ident, $config:ident, init, $op:ident, [& mut $self:ident, config : $type:ty $(,)?]) => {
        $crate::__private::IntoReply::into_reply($actor.$op($config.clone()))?;
    };
    ($actor:ident, $config:ident, init, $op:ident, $args:tt) => {
        $crate::__private::IntoReply::into_reply(
            $crate::__invoke!($actor, $config["args"].clone(), $op, $args))?;
    };
    ($actor:ident, $config:ident, $kind:ident, $op:ident, $args:tt) => {};
}

#[doc(hidden)]
#[macro_export]
macro_rules! __terminate {
    ($actor:ident, $reason:ident, terminate, $op:ident) => {
        $actor.$op($reason);
    };
    ($actor:ident, $reason:ident, $kind:ident, $op:ident) => {};
}
